"""The load generator itself: what it costs and how punctual it is, against a system that answers at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import uvloop

from benchmarks.result import Metric, arguments, write
from telic import apps, design, intent
from telic.worlds import load
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.testing import ModelSystem, Server

RATES = (100.0, 300.0, 600.0)  # [requests/s]; the model system is Python too and ends near 1,000/s on one core
WARM = 3.0  # reading the design, first connections [s]
SERVE = "--serve"


def main() -> None:
    """Measure at each rate and write the result."""
    if SERVE in sys.argv:
        uvloop.run(_serve(Path(sys.argv[-1])))
        return
    options = arguments(__doc__ or "").parse_args()
    metrics: dict[str, Metric] = {}
    with tempfile.TemporaryDirectory() as scratch:
        made = design.generate(intent.read(apps.find("hotel")), Path(scratch) / "design")
        for rate in RATES:
            with _system(made.folder) as url:
                _measure(rate, made.folder, url, Path(scratch), 8.0 if options.quick else 30.0, metrics)
    write(options.json, "generator", metrics)


def _measure(rate: float, folder: Path, url: str, scratch: Path, seconds: float, metrics: dict[str, Metric]) -> None:
    path = scratch / f"load-{rate:.0f}.jsonl"
    with load.start(folder, url, record=path, workload="W1", rate=rate, seconds=WARM + seconds + 1.0) as process:
        time.sleep(WARM)
        began, before = time.time(), _cpu(process.pid)
        time.sleep(seconds)
        used, ended = _cpu(process.pid) - before, time.time()
        record = process.finish().since(int(began) + 1, int(ended))
    of, half = f"_at_{rate:.0f}", sorted(each.lag_p50 for each in record.seconds)
    worst = sorted(each.lag_p99 for each in record.seconds)
    goal = 0.1 if rate == 300.0 else None
    metrics[f"cpu_share{of}"] = Metric(used / (ended - began), "core", goal)
    metrics[f"send_lag_p50_ms{of}"] = Metric(half[len(half) // 2] * 1000, "ms", note="median second")
    metrics[f"send_lag_p99_ms{of}"] = Metric(worst[len(worst) // 2] * 1000, "ms", note="median second")
    metrics[f"latency_p50_ms{of}"] = Metric(record.percentiles(0.5)[0] * 1000, "ms")
    metrics[f"correct{of}"] = Metric(record.correct(), "1", 1.0, True)


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def _system(folder: Path) -> Iterator[str]:
    """Serve the model system as a process of its own."""
    command = [sys.executable, "-m", "benchmarks.generator", SERVE, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def _serve(folder: Path) -> None:
    async with Server(ModelSystem(Knowledge(folder))) as server:
        print(server.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
