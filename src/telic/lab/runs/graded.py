"""Records with their grades, each against the episode in which nobody acted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from telic.errors import UnknownName
from telic.lab.faults import fault
from telic.lab.grading import Grades, grade
from telic.lab.runs.folder import episodes
from telic.lab.session import Episode

NOBODY = "noop"  # the actor that does nothing
CALM, PASSING, NO_LAYER = "nothing wrong", "went by itself", "other"


@dataclass(frozen=True)
class Graded:
    """One episode and what it is worth."""

    episode: Episode
    grades: Grades

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return self.episode.scenario.name

    @property
    def key(self) -> tuple[str, str, int, int, str]:
        """What two actors' episodes have in common that can be compared: scenario, seed, repeat, world."""
        return *_played(self.episode), self.episode.repeat, self.episode.world

    @property
    def outcomes(self) -> dict[str, bool | None]:
        """Each task and all of them, as passed or not; None where it could not be judged."""
        grades = self.grades
        return {**{name: each.passed for name, each in grades.tasks.items()}, "solved": grades.solved}


def graded(records: Iterable[Episode]) -> list[Graded]:
    """Grade records; those of `NOBODY` serve the others of the same scenario, seed and world as counterfactual."""
    known = list(records)
    nobody = {(*_played(each), each.world): each for each in reversed(known) if each.actor == NOBODY}
    return [Graded(each, grade(each, nobody.get((*_played(each), each.world)))) for each in known]


def _played(episode: Episode) -> tuple[str, str, int]:
    """What was played: scenarios that differ by name alone have their moments drawn differently."""
    return episode.scenario.name, episode.scenario_hash, episode.seed


def regrade(folder: Path) -> list[Graded]:
    """Grade every readable record of a run again; nothing is rerun."""
    return graded(episodes(folder)[0])


def layer(episode: Episode) -> str:
    """Return the layer at which the first fault acts, or why nothing had to be done."""
    if episode.scenario.healthy:
        return PASSING if episode.scenario.faults else CALM
    try:
        return str(getattr(fault.factory(episode.scenario.faults[0].kind), "layer", NO_LAYER))
    except UnknownName:
        return NO_LAYER
