"""``python -m benchmarks.worlds [--quick] --json OUT``: speed, agreement, metastability and calm of the worlds."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

from benchmarks import result
from benchmarks.result import Metric
from benchmarks.worlds import agreement, calm, metastable, model, speed

QUICK = ("load spike",)  # of the metastable types; the others take a minute more
PARTS = ("speed", "model", "agreement", "metastable", "calm")


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("The worlds' numbers.")
    parser.add_argument("--only", nargs="*", default=PARTS, choices=PARTS, help="these parts")
    parser.add_argument("--simulated-only", action="store_true", help="start no live world")
    parser.add_argument("--hours", type=float, default=12.0, help="simulated hours of calm [h]")
    chosen = parser.parse_args()
    metrics: dict[str, Metric] = {}
    peers: dict[str, object] = {}
    parts = {"quick": _quick} if chosen.quick else _measures(chosen.simulated_only, chosen.hours)
    why = "--quick: needs minutes" if chosen.quick else "not asked for, or not reached"
    for name, measure in parts.items():
        if name in ("quick", *chosen.only):
            found, rows = measure()
            metrics |= found
            peers |= rows
            every = {key: metrics.get(key, Metric(None, unit, note=why)) for key, unit in KEYS.items()} | metrics
            result.write(chosen.json, "worlds", every, peers)  # hours: a run that is ended keeps what it has
    return 0


KEYS = {
    "sim_speed": "s/s",
    "model_speed": "s/s",
    "agreement": "1",
    "recovery_ratio_median": "1",
    "baseline_collapses": "1",
    "escape_recovers_s_max": "s",
    "sim_false_alarms": "1",
}

Found = tuple[dict[str, Metric], dict[str, object]]


def _measures(simulated_only: bool, hours: float) -> Mapping[str, Callable[[], Found]]:
    worlds = ("simulated",) if simulated_only else ("simulated", "local")
    return {
        "speed": lambda: _speed(120.0),
        "model": lambda: _model(10.0),
        "metastable": lambda: _metastable(worlds, metastable.SEEDS),
        "calm": lambda: _calm(hours),
        "agreement": _agreement,
    }


def _quick() -> Found:
    """Measure speeds with nothing beside them, and the rest, the model's first compiling too, at once between them."""
    metrics, peers = _speed(20.0)
    with ProcessPoolExecutor(3) as processes:
        compiled = processes.submit(_model, 0.1)
        beside = (processes.submit(_metastable, ("simulated",), (1,), QUICK), processes.submit(_calm, 0.05))
        compiled.result()
        parts = [each.result() for each in beside]
    for found, rows in (*parts, _model(2.0)):
        metrics |= found
        peers |= rows
    return metrics, peers


def _speed(seconds: float) -> Found:
    metric = Metric(
        speed.measure(seconds), "s/s", 40, higher_is_better=True, note=f"{seconds:g} s, telemetry kept, no operator"
    )
    return {"sim_speed": metric}, {}


def _model(seconds: float) -> Found:
    found = model.speed(seconds)
    return {"model_speed": Metric(found.ratio, "s/s", 1, higher_is_better=True, note=found.note)}, {}


def _agreement() -> Found:
    share, ratio, table = agreement.agreement()
    metrics = {
        "agreement": Metric(share, "1", 0.95, higher_is_better=True, note=f"{len(table)} pairs"),
        "recovery_ratio_median": Metric(ratio, "1", 2, note="live to simulated, the larger over the smaller"),
    }
    return metrics, {"agreement": table}


def _metastable(worlds: Sequence[str], seeds: Sequence[int], types: Collection[str] = metastable.TYPES) -> Found:
    both = {world: metastable.both(world, seeds, types) for world in worlds}  # type: ignore[arg-type]
    alone = {world: found[0] for world, found in both.items()}
    helped = {world: found[1] for world, found in both.items()}
    least = min(runs.collapsed for found in alone.values() for runs in found)
    most = max(runs.recovery for found in helped.values() for runs in found)
    note = f"least over {', '.join(types)}, {' and '.join(worlds)}, {len(seeds)} seeds"
    metrics = {
        "baseline_collapses": Metric(least, "1", 0.6, higher_is_better=True, note=note),
        "escape_recovers_s_max": Metric(
            most if math.isfinite(most) else None, "s", 10, note=f"reached by 4 of 5 runs of each; {note}"
        ),
    }
    return metrics, {
        "metastable": {
            world: {
                runs.type: {
                    "collapsed": runs.collapsed,
                    "tail_median": statistics.median(each.verdict.tail for each in runs.found) if runs.found else None,
                    "escape_s": after.recovery if math.isfinite(after.recovery) else None,
                }
                for runs, after in zip(alone[world], helped[world], strict=True)
            }
            for world in worlds
        }
    }


def _calm(hours: float) -> Found:
    found = calm.calm(hours)
    note = (
        f"{hours:g} h: {found.alarms} alarms, {found.actions} actions; below {found.bound:.2f} an hour (95 %); "
        f"{found.warnings} warnings of what grows"
    )
    return {"sim_false_alarms": Metric(float(found.alarms + found.actions), "1", 0, note=note)}, {}


if __name__ == "__main__":
    sys.exit(main())
