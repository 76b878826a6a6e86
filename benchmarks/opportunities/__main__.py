"""``python -m benchmarks.opportunities [--quick] [--only MODULE] --json OUT``: every module here that has a `measure`.

A module measures its own keys: ``measure(quick) -> (metrics, peers)``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import result
from benchmarks.result import Metric

Measure = Callable[[bool], tuple[dict[str, Metric], dict[str, object]]]


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    known = measures()
    parser = result.arguments("What the opportunity finder finds, and how fast.")
    parser.add_argument("--only", choices=sorted(known), action="append", help="measure this module alone; repeat it")
    chosen = parser.parse_args()
    metrics: dict[str, Metric] = {}
    peers: dict[str, object] = {}
    for name in chosen.only or sorted(known):
        began = time.perf_counter()
        found, others = known[name](chosen.quick)
        metrics |= found
        peers[name] = {**others, "seconds": round(time.perf_counter() - began, 1)}
    result.write(chosen.json, "opportunities", metrics, peers)
    return 0


def measures() -> dict[str, Measure]:
    """Return what every module of this package measures."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "__main__":
            loaded = importlib.import_module(f"benchmarks.opportunities.{module.name}")
            if hasattr(loaded, "measure"):
                found[module.name] = loaded.measure
    return found


if __name__ == "__main__":
    sys.exit(main())
