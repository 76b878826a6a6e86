"""Certifies scenarios: nobody plays, the reference does, and every cheater."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from telic.errors import WorldError
from telic.lab import scenario as scenarios
from telic.lab.actors import actor
from telic.lab.certify.certificate import CHEATERS, NOBODY, REFERENCE, Certificate, current, find, keep
from telic.lab.certify.judging import extended, judged
from telic.lab.runs import folder as runs
from telic.lab.scenario import Scenario, digest
from telic.lab.session import Episode, loading, many, standby
from telic.lab.session.record import WorldKind
from telic.lab.trials.measure import hashes

FAIR = (NOBODY, REFERENCE)  # who play first
ACTORS = (*FAIR, *CHEATERS)
_Planned = Mapping[Path, tuple[Scenario, Sequence[str]]]  # who plays which scenario
_Found = dict[Path, dict[str, Episode]]  # by actor
GROUP = 2  # scenarios for each job that are played together, so that no job waits for the end of another's [1]


def certify(
    files: Sequence[Path],
    *,
    seed: int = 1,
    jobs: int = 1,
    again: bool = False,
    actors: Sequence[str] = ACTORS,
    world: WorldKind = "simulated",
    store: bool = True,
    tell: Callable[[Certificate], None] = lambda certificate: None,
    played: many.Tell = lambda done: None,
) -> list[Certificate]:
    """Certify scenarios; certificates are kept beside their files, and say more when others have played.

    Parameters
    ----------
    files
        Of the scenarios.
    jobs
        How many episodes run at the same time [1].
    again
        Whether those whose certificate still holds are certified again.
    actors
        Who plays; the reference and nobody have to be among them.
    store
        Whether certificates are written.
    tell
        Called with each certificate as soon as it is there.
    played
        Called after each episode.

    Raises
    ------
    WorldError
        Episodes could not be run; certificates of what was played are kept, and say nothing of who could not play.
    """
    made: dict[Path, Certificate] = {}
    lost: list[many.Done] = []

    def heard(done: many.Done) -> None:
        played(done)
        lost.extend([done] if done.error else [])

    todo: dict[Path, _Asked] = {}
    with standby.folder() as home:
        for path in files:
            scenario = scenarios.read(path)
            known = None if again else find(path, scenario.name, world)
            if known is not None and not current(known, scenario, hashes(loading.prepared(scenario))):
                known = None
            missing = [each for each in actors if known is None or each not in known.passed]
            if known is not None and not (missing and known.holds):
                made[path] = known
            else:
                todo[path] = _Asked(scenario, tuple(missing), known)
        for some in _groups(todo, GROUP * jobs):
            run = partial(_episodes, home, seed=seed, world=world, jobs=jobs, played=heard)
            for path, certificate in _certified(some, run).items():
                made[path] = certificate
                if store:
                    keep(path, certificate)
                tell(certificate)
    if lost:
        cell = lost[0].cell
        raise WorldError(
            f"{cell.scenario}: {cell.actor} could not play: {lost[0].error} ({len(lost)} episodes in all)",
            hint="what was played is kept; certify once more",
        )
    return [made[path] for path in files]


def sample(files: Sequence[Path], some: int, seed: int) -> list[Path]:
    """Return `some` of the files, chosen by `seed`, in their order; all for 0."""
    chosen = random.Random(seed).sample(range(len(files)), min(some or len(files), len(files)))
    return [files[each] for each in sorted(chosen)]


def players(names: str) -> tuple[str, ...]:
    """Return who plays: those of a comma-separated list besides nobody and the reference; without any, all.

    Raises
    ------
    UnknownName
        There is no such actor.
    """
    asked = [each.strip() for each in names.split(",") if each.strip()]
    for each in asked:
        actor.factory(each)
    return tuple(dict.fromkeys((*FAIR, *asked))) if asked else ACTORS


@dataclass(frozen=True)
class _Asked:
    """Who still has to play a scenario, and the certificate that holds without them."""

    scenario: Scenario
    actors: tuple[str, ...]
    known: Certificate | None


def _groups(todo: Mapping[Path, _Asked], size: int) -> Iterator[dict[Path, _Asked]]:
    several = list(todo.items())
    for start in range(0, len(several), size):
        yield dict(several[start : start + size])


def _certified(todo: Mapping[Path, _Asked], run: Callable[[_Planned], _Found]) -> dict[Path, Certificate]:
    """Return certificates; where nobody or the reference already speaks against one, no cheater has to play."""

    def of(chosen: Mapping[Path, Sequence[str]]) -> _Found:
        return run({path: (todo[path].scenario, who) for path, who in chosen.items()})

    fair = {path: [each for each in asked.actors if each in FAIR] for path, asked in todo.items()}
    found = of(fair)
    whole = [path for path in todo if found[path].keys() >= set(fair[path])]
    made = {path: todo[path].known or judged(found[path]) for path in whole}
    others = {path: [each for each in todo[path].actors if each not in FAIR] for path in whole if made[path].holds}
    return made | {path: extended(made[path], episodes) for path, episodes in of(others).items()}


def _episodes(home: Path, todo: _Planned, *, seed: int, world: WorldKind, jobs: int, played: many.Tell) -> _Found:
    """Return the episodes of scenarios and actors, by actor; who could not play is missing."""
    planned = [each for one, who in todo.values() for each in runs.cells([one], who, [seed], world=world)]
    if not planned:
        return {path: {} for path in todo}
    folder = runs.create(home, planned, now=time.time(), title="certificates")
    many.run(folder, [one for one, _ in todo.values()], jobs=jobs, tell=played)
    kept = {(each.scenario.name, each.scenario_hash, each.actor): each for each in runs.episodes(folder)[0]}
    return {
        path: {name: kept[key] for name in who if (key := (one.name, digest(one), name)) in kept}
        for path, (one, who) in todo.items()
    }
