"""The same fault or trial on both worlds, side by side: do they say the same, and how far apart are the times?"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from telic import apps
from telic.errors import TelicError
from telic.lab.course import Episode, Hurt, Told
from telic.lab.trials.plan import plan
from telic.lab.trials.run import opened, run
from telic.model import mitigation_right
from telic.model.trial import Evidence, WorldName
from telic.settings import Settings

Word = Literal["same", "not the same", "failed", "says nothing"]
"""*failed*: an error ended a run on one world or on both, so there is nothing that could agree.

*says nothing*: users were not well before the trigger on either world.
"""
NOTHING = "not well before"  # the verdict of a trial that says nothing
SHORTEST = 1.0  # records know recovery to the second, so shorter times are told apart no further [s]


@dataclass(frozen=True)
class Said:
    """What one world showed."""

    verdict: str
    recovery: float | None = None  # [s]
    failed: bool = False  # the run ended with an error, which is the verdict's text


@dataclass(frozen=True)
class Pair:
    """One fault or trial on both worlds."""

    what: str  # hang, or baseline T1
    seed: int
    local: Said
    simulated: Said

    @property
    def word(self) -> Word:
        """What the pair comes to."""
        if self.local.failed or self.simulated.failed:
            return "failed"
        if self.local.verdict == self.simulated.verdict == NOTHING:
            return "says nothing"
        return "same" if self.local.verdict == self.simulated.verdict else "not the same"

    @property
    def agree(self) -> bool:
        """Whether both worlds say something, and the same."""
        return self.word == "same"

    @property
    def ratio(self) -> float | None:
        """The longer recovery by the shorter [1]; None where one of them never happened, or says nothing."""
        if self.local.recovery is None or self.simulated.recovery is None:
            return None
        if NOTHING in (self.local.verdict, self.simulated.verdict):
            return None
        times = sorted(max(SHORTEST, each) for each in (self.local.recovery, self.simulated.recovery))
        return times[1] / times[0]


@dataclass(frozen=True)
class Comparison:
    """All pairs, and the two numbers that they come to."""

    pairs: tuple[Pair, ...]

    @property
    def agreement(self) -> float:
        """Share of pairs with the same verdict [1], of all but those that say nothing; NaN without one.

        A pair that failed is in the whole: what was not shown to agree does not.
        """
        of = len(self.pairs) - self.count("says nothing")
        return self.count("same") / of if of else float("nan")

    @property
    def ratio(self) -> float:
        """Median of the ratios of recovery times [1]; NaN where nothing recovered on both worlds."""
        ratios = [each.ratio for each in self.pairs if each.ratio is not None]
        return statistics.median(ratios) if ratios else float("nan")

    def count(self, word: Word) -> int:
        """Return how many pairs come to `word` [1]."""
        return sum(each.word == word for each in self.pairs)


Each = Callable[[Pair], None]


def compare(
    system: str,
    settings: Settings,
    *,
    faults: Sequence[str],
    trials: Sequence[tuple[str, str]],
    seeds: Iterable[int],
    on_pair: Each = lambda pair: None,
) -> Comparison:
    """Run everything on both worlds.

    Parameters
    ----------
    faults
        Names of faults; an operator repairs them.
    trials
        Wiring (bundled name or file, "" is the design's own) and trial id of each.
    on_pair
        Called after each pair.
    """
    pairs = []
    for seed in seeds:
        for fault in faults:
            pairs.append(_pair(fault, seed, partial(_fault, system, settings, fault, seed)))
            on_pair(pairs[-1])
        for wiring, trial in trials:
            told = partial(_trial, system, settings, wiring, trial, seed)
            pairs.append(_pair(f"{wiring or 'own'} {trial}", seed, told))
            on_pair(pairs[-1])
    return Comparison(tuple(pairs))


def said_of_episode(found: Episode) -> Said:
    """Return the verdict of a fault that somebody operated on: recovered, cause right, mitigation right."""
    score = found.score
    actions = [each for incident in found.incidents for each in incident.actions]
    words = (
        "not recovered" if score.recovered is None else "recovered",
        "cause right" if score.cause_right else "cause wrong",
        "mitigation right" if mitigation_right(actions, score.truth) else "mitigation wrong",
    )
    return Said(", ".join(words), score.to_recover)


def said_of_evidence(evidence: Evidence) -> Said:
    """Return the verdict of a trial; how late a late recovery was is a matter of time, not of the verdict."""
    return Said(evidence.verdict.outcome, evidence.verdict.recovery)


@contextmanager
def home(settings: Settings) -> Iterator[Settings]:
    """Give settings whose state is a folder of its own and whose ports are free ones."""
    with tempfile.TemporaryDirectory(prefix="telic-compare-") as folder:
        yield replace(settings, home=Path(folder), port=0, otlp_port=0)


def _pair(what: str, seed: int, on: Callable[[WorldName], Said]) -> Pair:
    return Pair(what, seed, _tried(lambda: on("local")), _tried(lambda: on("simulated")))


def _tried(run_it: Callable[[], Said]) -> Said:
    try:
        return run_it()
    except TelicError as error:
        return Said(f"{type(error).__name__}: {error}", failed=True)


def _fault(system: str, settings: Settings, fault: str, seed: int, world: WorldName) -> Said:
    with (
        home(settings) as own,
        opened(
            system, own, _quiet, world=world, workload="normal", rate=None, shape="constant", seed=seed, operate=True,
            wiring=None,
        ) as course,
    ):  # fmt: skip
        return said_of_episode(course.hurt(Hurt(fault, seed)))


def _trial(system: str, settings: Settings, wiring: str, trial: str, seed: int, world: WorldName) -> Said:
    file = apps.find_wiring(system, wiring) if wiring else None
    with home(settings) as own:
        return said_of_evidence(
            run(plan(system, trial), own, _quiet, system=system, world=world, wiring=file, seed=seed)
        )


def _quiet(told: Told) -> None:
    """Nobody watches a comparison run by run."""
