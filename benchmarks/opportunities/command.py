"""The whole command in a fresh process: from a Parquet file of 10 M events to ranked findings and a page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.result import Metric
from telic.opportunities.synthetic import Decoy, Growing, Lifecycle, Recipe, Sequence

EVENTS, QUICK = 10_000_000, 300_000
TESTS = 100_000  # hypotheses that have to be asked [1]
KPI = "error: session has 'app_error'"
ASKED = ("--template", "ngrams:k=4", "--template", "lifecycle", "--template", "attributes", "--template", "crosses")


@dataclass(frozen=True)
class Took:
    """What one run of the command took."""

    wall: float  # [s]
    cpu: float  # of all its threads [s]
    rss: float  # at most, resident [MB]
    events: int
    tests: int
    findings: int
    seconds: dict[str, float]  # by stage


def measure(quick: bool) -> tuple[dict[str, Metric], dict[str, object]]:
    """Return wall time and memory of the command; a run before it, on few events, has compiled what is compiled."""
    with tempfile.TemporaryDirectory(prefix="telic-command-") as folder:
        small, large = (Path(folder) / f"{name}.parquet" for name in ("small", "large"))
        _written(small, 50_000)
        _written(large, QUICK if quick else EVENTS)
        _run(small, Path(folder) / "home", least=30)
        took = _run(large, Path(folder) / "home", least=30 if quick else 16)
    note = f"{took.events:,} events, {took.tests:,} hypotheses, {took.findings} findings, {took.cpu:.1f} s of CPU"
    if quick:
        note += "; --quick: fewer events than the goal is for"
    elif took.tests < TESTS:
        note += f"; fewer hypotheses than {TESTS:,}"
    metrics = {
        "command_s": Metric(took.wall, "s", goal=None if quick else 15.0, note=note),
        "command_rss_mb": Metric(took.rss, "MB", goal=None if quick else 2000.0, note=note),
    }
    return metrics, {"command": {**took.__dict__}}


def _written(path: Path, events: int) -> None:
    """Write a file of events in a process of its own, so that its memory is not ours."""
    code = "import sys; from benchmarks.opportunities import command; command.write(sys.argv[1], int(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", code, str(path), str(events)], check=True)


def write(path: str, events: int) -> None:
    """Write about so many events with planted patterns and a decoy, in order of time."""
    from typing import Any

    import pyarrow.parquet

    from telic.opportunities.synthetic import generate, table

    groups = max(1000, round(events / 9.34))
    plants = (Sequence(effect=3.0), Lifecycle(effect=3.0), Growing(effect=4.0))
    made = generate(Recipe(groups=groups, users=max(200, groups // 5), plants=plants, decoys=(Decoy(),), seed=11))
    parquet: Any = pyarrow.parquet
    parquet.write_table(table(made), path, compression="zstd")


def _run(events: Path, home: Path, *, least: int) -> Took:
    """Run the command, and read what it says of itself."""
    out = home / f"{events.stem}.html"
    command = [sys.executable, "-m", "telic.cli", "opportunities", str(events), "--kpi", KPI, *ASKED]
    command += ["--set", f"least={least}", "--report", str(out)]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TELIC_HOME": str(home)}
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the command ended with {process.returncode}: {' '.join(command)}")
    record = json.loads(out.with_suffix(".json").read_text())["record"]["surfaced"]
    tests = sum(record["asked"].values())
    cpu, rss = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6
    return Took(wall, cpu, rss, record["events"], tests, len(record["findings"]), record["seconds"])
