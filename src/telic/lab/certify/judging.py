"""What the episodes of a scenario say for and against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from telic.lab.certify.certificate import NOBODY, REFERENCE, Certificate, Harmed
from telic.lab.grading import Grades, grade, users
from telic.lab.session import Episode
from telic.model import Tally, user_harm

LEAST = 5  # seconds with harm that a fault has to bring [s]


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
        passed=_passed(grades),
        why=(*_against(nobody), *_against_players(grades)),
        mechanisms=tuple(dict.fromkeys(each.mechanism for each in nobody.truth)),
    )


def extended(known: Certificate, episodes: Mapping[str, Episode]) -> Certificate:
    """Return a certificate with the episodes of more cheaters; what says nothing about them is left out."""
    grades = {name: grade(each) for name, each in episodes.items()}
    sound = {name: each for name, each in grades.items() if not each.void}
    return replace(known, passed={**known.passed, **_passed(sound)}, why=(*known.why, *_against_players(sound)))


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


def _against(nobody: Episode) -> Iterator[str]:
    """Say what speaks against a scenario where nobody did anything."""
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


def _against_players(grades: Mapping[str, Grades]) -> Iterator[str]:
    """Say where the reference fails or anybody else does not."""
    for name, found in grades.items():
        if found.void:
            yield f"{name}: void, {found.void}"
        elif name == REFERENCE and not found.solved:
            missed = [f"{asked}: {task.why}" for asked, task in found.tasks.items() if task.passed is False]
            yield f"the reference fails: {'; '.join(missed)}"
        elif name != REFERENCE and found.solved:
            yield f"{name} solves it"


def _passed(grades: Mapping[str, Grades]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(task for task, each in found.tasks.items() if each.passed) for name, found in grades.items()}
