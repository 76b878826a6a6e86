"""``python -m benchmarks.loop [--quick] --json OUT``: all numbers of the loop in one table."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import result
from benchmarks.loop import faults, healthy
from benchmarks.result import Metric
from telic.lab.fault import fault

TRIVIAL = ("last-change", "loudest", "max-z")


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("The loop's numbers.")
    parser.add_argument("--faults", nargs="*", default=[], choices=[*fault, []], help="only these")
    parser.add_argument("--seeds", type=int, default=5, help="runs a fault")
    chosen = parser.parse_args()
    metrics = _quick() if chosen.quick else _full(chosen.faults, range(1, chosen.seeds + 1))
    peers = metrics.pop("peers", {})
    result.write(chosen.json, "loop", metrics, peers)  # type: ignore[arg-type]
    return 0


def _quick() -> dict[str, object]:
    run = healthy.steady(12.0, operate=True)
    why = "--quick: needs runs of minutes"
    metrics = {**_healthy_metrics(run), **{key: Metric(None, unit, note=why) for key, unit in _SLOW.items()}}
    metrics["false_alarms"] = Metric(float(run.incidents), "1", 0, note="--quick: 18 s of steady load only")
    return metrics


def _full(names: list[str], seeds: range) -> dict[str, object]:
    steady = healthy.steady(60.0)
    shares = [_share(seed) for seed in (1, 2, 3)]
    alarms, actions = healthy.restless(600.0)
    rows = faults.run(names, seeds)
    scores = [each for row in rows for each in row.scores]
    lead = {each: _points(rows, each) for each in TRIVIAL}
    right = 100 * statistics.mean(each.cause_right for each in scores)
    metrics: dict[str, object] = {
        "demo_s": Metric(_demo(), "s", 150),
        **_healthy_metrics(steady),
        "telemetry_share": Metric(
            statistics.median(shares), "1", 0.20, note=f"runs: {[round(each, 3) for each in shares]}"
        ),
        "detect_s_max": Metric(max(row.detect for row in rows), "s", 5),
        "recover_s_max": Metric(max(row.recover for row in rows), "s", 25),
        "cause_right_min": Metric(min(row.right for row in rows), "1", 0.8, higher_is_better=True),
        "lead_over_trivial": Metric(right - max(lead.values()), "points", 30, higher_is_better=True),
        "wrong_actions_left": Metric(float(sum(each.wrong_actions_left for each in scores)), "1", 0),
        "false_alarms": Metric(
            float(alarms + actions),
            "1",
            0,
            note=f"600 s, +/- 30 % load, harmless changes: {alarms} alarms, {actions} actions",
        ),
        "runs": Metric(float(len(scores)), "1"),
    }
    table = {
        row.name: {
            "detect_s": row.detect,
            "recover_s": row.recover,
            "telic": row.right,
            **{each: row.baseline(each) for each in TRIVIAL},
        }
        for row in rows
    }
    return {
        **metrics,
        "peers": {"telic_points": right, **{f"{key}_points": value for key, value in lead.items()}, "faults": table},
    }


def _healthy_metrics(run: healthy.Healthy) -> dict[str, object]:
    return {
        "ready_s": Metric(run.timings["ready"], "s", 5),
        "down_s": Metric(run.timings["down"], "s", 1),
        "generate_s": Metric(run.timings["generate"], "s", 3),
        "pss_mb": Metric(run.pss / 1e6, "MB", 700),
        "healthy_p99_ms": Metric(run.p99 * 1000, "ms", 50, note=f"{run.requests} requests at {healthy.RATE:.0f}/s"),
        "healthy_correct": Metric(run.correct, "1", 0.999, higher_is_better=True),
        "freshness_s": Metric(run.freshness, "s", 2),
    }


_SLOW = {
    "demo_s": "s",
    "telemetry_share": "1",
    "detect_s_max": "s",
    "recover_s_max": "s",
    "cause_right_min": "1",
    "lead_over_trivial": "points",
    "wrong_actions_left": "1",
}


def _share(seed: int) -> float:
    with_it = healthy.steady(20.0, seed=seed)
    without = healthy.steady(20.0, seed=seed, telemetry="off")
    return (with_it.cpu / with_it.requests - without.cpu / without.requests) / (with_it.cpu / with_it.requests)


def _points(rows: list[faults.Row], name: str) -> float:
    scores = [each for row in rows for each in row.scores]
    return 100 * statistics.mean(name in each.baselines and each.baselines[name].right for each in scores)


def _demo() -> float | None:
    """Time from clone to finished demo, installation included [s]."""
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory(prefix="telic-clone-") as folder:
        begun = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(here), f"{folder}/telic"], check=True)
        done = subprocess.run(["make", "demo"], cwd=f"{folder}/telic", check=False, stdout=subprocess.DEVNULL)
        return time.monotonic() - begun if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
