"""Certifies scenarios: nobody plays, the reference does, and every cheater."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from telic.errors import WorldError
from telic.lab import scenario as scenarios
from telic.lab.actors import actor
from telic.lab.certify.certificate import (
    CHEATERS,
    NOBODY,
    REFERENCE,
    Certificate,
    Harmed,
    current,
    find,
    keep,
)
from telic.lab.grading import Grades, grade, users
from telic.lab.runs import folder as runs
from telic.lab.scenario import Scenario, digest
from telic.lab.session import Episode, many, running
from telic.lab.session.record import WorldKind
from telic.lab.trials.measure import hashes
from telic.model import Tally, user_harm

ACTORS = (NOBODY, REFERENCE, *CHEATERS)
LEAST = 5  # seconds with harm that a fault has to bring [s]
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
) -> list[Certificate]:
    """Certify scenarios; certificates are kept beside their files.

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

    Raises
    ------
    WorldError
        An episode could not be run.
    """
    made: dict[Path, Certificate] = {}
    todo: dict[Path, Scenario] = {}
    with running.folder() as home:
        for path in files:
            scenario = scenarios.read(path)
            known = find(path, scenario.name, world)
            design = running.prepared(scenario.app)
            if not again and known is not None and current(known, scenario, hashes(design)):
                made[path] = known
            else:
                todo[path] = scenario
        for some in _groups(todo, GROUP * jobs):
            for path, episodes in _played(home, some, actors, seed, world, jobs).items():
                made[path] = judged(episodes)
                if store:
                    keep(path, made[path])
                tell(made[path])
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
    return tuple(dict.fromkeys((NOBODY, REFERENCE, *asked))) if asked else ACTORS


def judged(episodes: Mapping[str, Episode]) -> Certificate:
    """Return the certificate that the episodes of a scenario, by actor, are worth."""
    nobody = episodes[NOBODY]
    grades = {name: grade(each) for name, each in episodes.items()}
    return Certificate(
        scenario=nobody.scenario.name,
        scenario_hash=nobody.scenario_hash,
        seed=nobody.seed,
        world=nobody.world,
        telic=nobody.telic,
        hashes=nobody.hashes,
        harmed=harmed(nobody),
        passed={name: _passed(each) for name, each in grades.items()},
        why=tuple(_against(nobody, grades)),
        mechanisms=tuple(dict.fromkeys(each.mechanism for each in nobody.truth)),
    )


def harmed(nobody: Episode) -> Harmed:
    """Return what the fault did to users."""
    felt = _felt(nobody)
    hurt = [each for each in felt if each.harmed]
    return Harmed(
        bad=sum(each.bad for each in felt),
        asked=sum(each.good + each.bad for each in felt),
        seconds=len({each.second for each in hurt}),
        operations=tuple(sorted({each.operation for each in hurt})),
        entities=tuple(each.entity for each in nobody.truth),
    )


def _felt(nobody: Episode) -> list[Tally]:
    """Return what users got from the fault on, to the end of the recovery window."""
    since = min((each.injected for each in nobody.truth), default=nobody.phases["hold"].start)
    return [each for each in nobody.users if since < each.second + 1 and each.second < nobody.phases["recovery"].end]


def _against(nobody: Episode, grades: Mapping[str, Grades]) -> Iterator[str]:
    """Say what speaks against a scenario."""
    yield from (f"{name}: void, {each.void}" for name, each in grades.items() if each.void)
    scenario, hurt, recovery = nobody.scenario, harmed(nobody), nobody.phases["recovery"]
    if len(nobody.truth) < len(scenario.faults):
        yield "not every fault was injected"
    if scenario.faults and hurt.seconds < LEAST and not scenario.healthy:
        yield f"users were harmed in {hurt.seconds} s only"
    if not scenario.faults and (unwell := users.harmed_seconds(nobody, _felt(nobody))):
        yield f"users were harmed in {unwell} s although nothing was wrong"
    late = [each for each in nobody.users if recovery.start <= each.second < recovery.end]
    if scenario.healthy and users.harmed_seconds(nobody, late):
        yield "users were harmed after the fault had gone by itself"
    if not scenario.healthy and user_harm(late) is None:
        yield "users were well again although nobody did anything"
    if users.harmed_seconds(nobody, users.inside(nobody.users, nobody.phases["baseline"])):
        yield "users were harmed before the fault"
    for name, each in grades.items():
        if name == REFERENCE and not each.solved:
            missed = [f"{asked}: {task.why}" for asked, task in each.tasks.items() if task.passed is False]
            yield f"the reference fails: {'; '.join(missed)}"
        elif name != REFERENCE and each.solved:
            yield f"{name} solves it"


def _passed(grades: Grades) -> tuple[str, ...]:
    return tuple(name for name, each in grades.tasks.items() if each.passed)


def _groups(todo: Mapping[Path, Scenario], size: int) -> Iterator[dict[Path, Scenario]]:
    several = list(todo.items())
    for start in range(0, len(several), size):
        yield dict(several[start : start + size])


def _played(
    home: Path, todo: Mapping[Path, Scenario], actors: Sequence[str], seed: int, world: WorldKind, jobs: int
) -> dict[Path, dict[str, Episode]]:
    """Return the episodes by actor; where nobody or the reference already speaks against it, no cheater has to play."""
    first = [each for each in actors if each in (NOBODY, REFERENCE)]
    others = [each for each in actors if each not in first]
    found = _episodes(home, todo, first, seed, world, jobs)
    sound = {path: todo[path] for path, episodes in found.items() if others and judged(episodes).holds}
    more = _episodes(home, sound, others, seed, world, jobs)
    return {path: {**episodes, **more.get(path, {})} for path, episodes in found.items()}


def _episodes(
    home: Path, todo: Mapping[Path, Scenario], actors: Sequence[str], seed: int, world: WorldKind, jobs: int
) -> dict[Path, dict[str, Episode]]:
    if not todo:
        return {}
    planned = runs.cells(todo.values(), actors, [seed], world=world)
    folder = runs.create(home, planned, now=time.time(), title="certificates")
    for each in many.run(folder, todo.values(), jobs=jobs):
        if each.error:
            cell = each.cell
            raise WorldError(f"{cell.scenario}: {cell.actor} could not play: {each.error}", hint="see the scenario")
    played = {(each.scenario.name, each.scenario_hash, each.actor): each for each in runs.episodes(folder)[0]}
    return {
        path: {name: played[scenario.name, digest(scenario), name] for name in actors}
        for path, scenario in todo.items()
    }
