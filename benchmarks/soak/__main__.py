"""``python -m benchmarks.soak [--quick] [--minutes M] --json OUT``: episodes unattended, then what leaked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import result
from benchmarks.result import Metric
from benchmarks.soak.traces import Traces, left
from telic.lab import scenario as scenarios
from telic.lab.runs import folder as runs
from telic.lab.scenario import Scenario
from telic.lab.session import many, standby
from telic.lab.session.many import Done

ACTORS = ("telic", "noop", "restart-loop")
ROUND = 6  # scenarios of one round, whose worlds are live in every other one [1]
GRACE = 5.0  # until what was told to end is gone [s]
MB = 1e6


def main() -> int:
    """Play rounds until the time is over, look at what is left, write; return 1 where something leaked."""
    parser = result.arguments("Episodes for a long time, and what they leave behind.")
    parser.add_argument("--minutes", type=float, default=120.0, help="how long")
    parser.add_argument("--jobs", type=int, default=2, help="episodes at the same time")
    chosen = parser.parse_args()
    before = Traces.now()
    settled, done = before, list[Done]()
    for number, played in enumerate(_rounds(0.6 if chosen.quick else chosen.minutes, chosen.jobs)):
        done += played
        settled = Traces.now() if number == 0 else settled  # imports and caches are there from then on
        _say(number, done)
    time.sleep(GRACE)
    after = Traces.now()
    leaked = left(before, after)
    failed = [each.error for each in done if each.error]
    metrics = {
        "episodes": Metric(float(len(done)), "1", higher_is_better=True),
        "failed": Metric(float(len(failed)), "1", 0.0, note="; ".join(failed)[:300]),
        "leaked": Metric(float(len(leaked)), "1", 0.0, note="; ".join(leaked)[:300]),
        "memory_growth_mb": Metric((after.held - settled.held) / MB, "MB", 50.0, note="of the lab, since round 1"),
        "files_growth": Metric(float(after.files - settled.files), "1", 0.0, note="open in the lab, since round 1"),
    }
    result.write(chosen.json, "soak", metrics)
    return 1 if leaked else 0


def _rounds(minutes: float, jobs: int) -> Iterator[list[Done]]:
    """Play rounds of episodes for about so long; simulated and live worlds in turns."""
    end, number = time.monotonic() + 60.0 * minutes, 0
    suite = scenarios.suite("core")
    while number == 0 or time.monotonic() < end:
        chosen = [suite[(number * ROUND + each) % len(suite)] for each in range(min(ROUND, len(suite)))]
        live = number % 2 == 1
        yield _played(chosen[:2] if live else chosen, ACTORS[:2] if live else ACTORS, number, jobs, live=live)
        number += 1


def _played(chosen: Sequence[Scenario], actors: Sequence[str], number: int, jobs: int, *, live: bool) -> list[Done]:
    with standby.folder() as home:
        world = "local" if live else "simulated"
        cells = runs.cells(chosen, actors, [number + 1], world=world)  # type: ignore[arg-type]
        folder: Path = runs.create(home, cells, now=time.time())
        return many.run(folder, chosen, jobs=jobs)


def _say(number: int, done: Sequence[Done]) -> None:
    failed = sum(bool(each.error) for each in done)
    sys.stderr.write(f"round {number + 1}: {len(done)} episodes, {failed} failed, load {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    sys.exit(main())
