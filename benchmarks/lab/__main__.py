"""``python -m benchmarks.lab [--quick] [--live] [--run RUN ...] --json OUT``: the lab's numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from benchmarks import result
from benchmarks.lab import alarms, ready, speed, wide
from benchmarks.lab.certified import Certified, certified
from benchmarks.result import Metric
from telic.lab.runs import folder
from telic.lab.runs.flakiness import flakiness
from telic.lab.runs.graded import Graded, graded
from telic.lab.runs.summary import standings
from telic.model import plain
from telic.settings import Settings

SEEDS = range(1, 4)
LIVE = 12  # episodes of the live pace [1]
QUICK = 4.0  # of each part that plays episodes [s]

Metrics = dict[str, Metric]


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("The lab's numbers.")
    parser.add_argument("--live", action="store_true", help="start live worlds, one at a time")
    parser.add_argument("--run", nargs="*", default=[], help="runs whose records tell flakiness and the actors' table")
    chosen = parser.parse_args()
    found = _found(chosen.run)
    known = certified(designs=not chosen.quick)
    metrics = _live(chosen.live and not chosen.quick) | _pace(QUICK if chosen.quick else 120.0)
    metrics |= _suites(known) | _flakiness(found)
    metrics["false_alarm_rate"] = _false_alarms(known, quick=chosen.quick)
    peers = {"actors": [plain(each) for each in standings(found)], "not_certified": list(known.stale)}
    result.write(chosen.json, "lab", metrics, peers)
    return 0


def _live(asked: bool) -> Metrics:
    if not asked:
        why = "needs live worlds: --live, without --quick"
        return {
            "first_ready_s": Metric(None, "s", 4, note=why),
            "reset_s": Metric(None, "s", 1, note=why),
            "live_episodes_h": Metric(None, "1/h", 90, higher_is_better=True, note=why),
            "pss_25_services_mb": Metric(None, "MB", 1200, note=why),
        }
    first, again = ready.starts()
    pace = speed.live(LIVE)
    return {
        "first_ready_s": Metric(first, "s", 4, note="a cold process to users who are served; median of 3"),
        "reset_s": Metric(
            again, "s", 1, note="users of one world end to the next is fresh and ready; it was started meanwhile"
        ),
        "live_episodes_h": Metric(
            pace, "1/h", 90, higher_is_better=True, note=f"{LIVE} episodes, two at a time, telic acts"
        ),
        "pss_25_services_mb": Metric(wide.memory() / 1e6, "MB", 1200, note=f"{wide.SERVICES} services, stores and all"),
    }


def _pace(seconds: float) -> Metrics:
    found: Metrics = {}
    for key, world, goal in (("sim_episodes_h", "simulated", 1000), ("model_episodes_h", "queueing", 5000)):
        played = speed.pace(world, seconds)  # type: ignore[arg-type]
        found[key] = Metric(played.by_cpu, "1/h", goal, higher_is_better=True, note=played.note)
    return found


def _suites(known: Certified) -> Metrics:
    note = f"{len(known.stale)} scenarios of the bundled suites are not certified for what is there now"
    return {
        "certified": Metric(float(len(known.holding)), "1", 120, higher_is_better=True, note=note),
        "mechanisms": Metric(float(len(known.mechanisms)), "1", 60, higher_is_better=True),
        "apps": Metric(float(len(known.apps)), "1", 4, higher_is_better=True, note=", ".join(sorted(known.apps))),
    }


def _flakiness(found: Sequence[Graded]) -> Metrics:
    live = flakiness(each for each in found if each.episode.world == "local")
    if live is None:
        return {"flakiness": Metric(None, "1", note="needs a live run with repeats: telic lab run, then --run RUN")}
    note = f"{live.hits} of {live.trials} repeated live episodes; at most {live.high:.3f} (exact 95 % bound)"
    return {"flakiness": Metric(live.value, "1", note=note)}


def _false_alarms(known: Certified, *, quick: bool) -> Metric:
    healthy = [each for each in known.holding if each.healthy]
    chosen = healthy or list(alarms.HEALTHY)
    found = alarms.measure(chosen, SEEDS, seconds=QUICK) if quick else alarms.measure(chosen, SEEDS)
    where = "certified healthy" if healthy else "the benchmark's own healthy"
    note = f"{found.hits} of {found.trials} episodes of {where} scenarios; 95 %: {found.low:.3f} to {found.high:.3f}"
    return Metric(found.value, "1", 0.05, note=note)


def _found(names: Iterable[str]) -> list[Graded]:
    if not names:
        return []
    home = Settings.read().home
    records = [each for name in names for each in folder.episodes(folder.find(home, name))[0]]
    return graded(records)


if __name__ == "__main__":
    sys.exit(main())
