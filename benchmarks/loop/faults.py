"""Every fault on several seeds: how soon it is noticed, found and repaired, beside trivial ways to find it."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.loop.healthy import home
from telic.errors import TelicError
from telic.lab import journey
from telic.lab.episode import Score
from telic.lab.faults import LOOP

NEVER = 60.0  # what a run that never detected or recovered counts with [s]


@dataclass(frozen=True)
class Row:
    """All runs of one fault."""

    name: str
    scores: tuple[Score, ...]

    @property
    def detect(self) -> float:
        """Median from harm to detection [s]."""
        return statistics.median(NEVER if each.to_detect is None else each.to_detect for each in self.scores)

    @property
    def recover(self) -> float:
        """Median from harm to recovery [s]."""
        return statistics.median(NEVER if each.to_recover is None else each.to_recover for each in self.scores)

    @property
    def right(self) -> float:
        """Share of runs in which entity and mechanism were right [1]."""
        return statistics.mean(each.cause_right for each in self.scores)

    def baseline(self, name: str) -> float:
        """Share of runs in which a trivial way was right [1]."""
        return statistics.mean(name in each.baselines and each.baselines[name].right for each in self.scores)


def run(names: Sequence[str], seeds: Sequence[int]) -> list[Row]:
    """Run every fault of `names` once for every seed; say how each run went."""
    rows = []
    for name in names or LOOP:
        scores = [each for seed in seeds if (each := one(name, seed)) is not None]
        if scores:
            rows.append(Row(name, tuple(scores)))
    return rows


def one(name: str, seed: int) -> Score | None:
    """Run one fault once in a world of its own; None when the run itself failed."""
    try:
        with home() as settings, journey.start("hotel", settings, lambda told: None, seed=seed) as running:
            score = running.hurt(journey.Hurt(name, seed)).score
    except TelicError as error:
        sys.stderr.write(f"{name} seed {seed}: {type(error).__name__}: {error}\n")
        return None
    said = f"{score.verdict.entity}/{score.verdict.mechanism}" if score.verdict else "nothing"
    print(
        f"{name:24} seed {seed}  true {score.truth.entity}/{score.truth.mechanism}  said {said}  "
        f"detect {_s(score.to_detect)}  recover {_s(score.to_recover)}  "
        f"actions {', '.join(map(str, score.actions)) or '-'}  left {score.wrong_actions_left}  "
        f"false alarms {score.false_alarms}",
        flush=True,
    )
    return score


def _s(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"
