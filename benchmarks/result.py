"""The JSON that every benchmark writes: what was measured, on which commit and machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Metric:
    """One number; `value` is None where it could not be measured, and `note` says why."""

    value: float | None
    unit: str
    goal: float | None = None
    higher_is_better: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is no goal or no value."""
        if self.value is None or self.goal is None:
            return None
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal


def commit() -> str:
    """Return the commit that is measured, with ``+`` where files differ from it."""
    here = Path(__file__).parent
    try:
        head = subprocess.check_output(["git", "rev-parse", "--short=12", "HEAD"], cwd=here, text=True)
        changed = subprocess.check_output(["git", "status", "--porcelain", "-uno"], cwd=here, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.strip() + ("+" if changed.strip() else "")


def machine() -> dict[str, object]:
    """Return what the numbers depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "cpu": _cpu_model(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def write(path: Path, name: str, metrics: Mapping[str, Metric], peers: Mapping[str, object] | None = None) -> None:
    """Write the result of the benchmark called `name` and show it.

    Parameters
    ----------
    path
        The JSON file; its folder is made.
    name
        ``ingest``.
    metrics
        By key.
    peers
        The same numbers of other systems or of other ways, where they were measured.
    """
    document = {
        "name": name,
        "commit": commit(),
        "machine": machine(),
        "metrics": {key: _plain(metric) for key, metric in metrics.items()},
        "peers": dict(peers or {}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(table(metrics))


def table(metrics: Mapping[str, Metric]) -> str:
    """Return the metrics as lines for people."""
    lines = []
    for key, metric in metrics.items():
        value = "-" if metric.value is None else f"{metric.value:,.4g}"
        goal = "" if metric.goal is None else f"  goal {'>=' if metric.higher_is_better else '<='} {metric.goal:,.4g}"
        mark = {True: "  met", False: "  MISSED", None: ""}[metric.met]
        lines.append(f"{key:32} {value:>12} {metric.unit}{goal}{mark}{'  ' + metric.note if metric.note else ''}")
    return "\n".join(lines)


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the two options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="what 50 s allow")
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the result goes")
    return parser


def _plain(metric: Metric) -> dict[str, object]:
    fields = asdict(metric)
    if not metric.note:
        del fields["note"]
    return fields


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
