"""Actors over many episodes: the headline, rates by task, by layer and by app, and typical numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from telic.lab.runs.graded import NOBODY, Graded, layer
from telic.lab.runs.intervals import balanced, rate
from telic.lab.scenario.scenario import EVERY
from telic.model.estimate import Estimate
from telic.report.lab.record import Group, Kind, Standing

TASKS = (*EVERY, "solved")
CHEATERS = (
    "delete-service",
    "scale-to-zero",
    "restart-loop",
    "mute-monitor",
    "stop-load",
    "restart-world",
    "answer-constant",
    "blame-loudest",
    "blame-last-change",
)
TRIVIAL = frozenset((NOBODY, "random", "last-change", "loudest", "constant", *CHEATERS))
"""Actors that every report shows beside the others: nobody who knows what it does does worse."""

KNOWING = frozenset(("oracle", "reference"))
"""Actors that are handed the truth: they show that a scenario can be solved."""

Measure = Callable[[Graded], float | None]

MEDIANS: dict[str, Measure] = {
    "to_detect": lambda each: each.grades.to_detect,
    "to_localise": lambda each: each.grades.to_localise,
    "to_mitigate": lambda each: each.grades.to_mitigate,
    "calls": lambda each: float(each.grades.cost.calls),
    "seconds": lambda each: each.grades.cost.seconds,
}
MEANS: dict[str, Measure] = {
    "budget_burnt": lambda each: None if each.grades.negative else each.grades.budget_burnt,
    "harm_by_actor": lambda each: None if each.grades.harm_by_actor is None else float(each.grades.harm_by_actor),
    "interventions": lambda each: float(each.grades.interventions),
    "blast_radius": lambda each: float(each.grades.blast_radius),
    "tokens": lambda each: float(each.grades.cost.tokens),
    "money": lambda each: each.grades.cost.money,
}


def standings(found: Iterable[Graded]) -> list[Standing]:
    """Return every actor, the best first: by balanced accuracy, then false alarms, then what was solved."""
    by_actor = _by(found, lambda each: each.episode.actor)
    made = [standing(actor, each) for actor, each in by_actor.items()]
    return sorted(made, key=_rank)


def standing(actor: str, found: Sequence[Graded]) -> Standing:
    """Return one actor; void episodes are counted, and count for nothing else."""
    sound = [each for each in found if not each.grades.void]
    sick = _detected([each for each in sound if not each.grades.negative])
    calm = [each for each in sound if each.grades.negative]
    numbers = {name: _of(statistics.median, measure, sound) for name, measure in MEDIANS.items()}
    numbers |= {name: _of(statistics.fmean, measure, sound) for name, measure in MEANS.items()}
    solved = sum(each.grades.solved is True for each in sound)
    numbers["money_per_solved"] = sum(each.grades.cost.money for each in sound) / solved if solved else None
    return Standing(
        actor=actor,
        kind=kind(actor),
        episodes=len(found),
        worlds=dict(Counter(each.episode.world for each in found)),
        void=len(found) - len(sound),
        crashed=sum(each.episode.ended.startswith(("crashed", "lost")) for each in found),
        balanced=balanced(sick, _detected(calm)),
        false_alarm=false_alarm(sound),
        tasks=tasks(sound),
        numbers=numbers,
    )


def kind(actor: str) -> Kind:
    """Return whether an actor counts, or stands beside for comparison."""
    return "trivial" if actor in TRIVIAL else "knows the truth" if actor in KNOWING else ""


def false_alarm(found: Iterable[Graded]) -> Estimate:
    """Return the share of healthy episodes in which somebody raised an alarm, made a claim or acted."""
    calm = (each for each in found if each.grades.negative and not each.grades.void)
    return rate((each.scenario, bool(each.grades.false_alarms)) for each in calm)


def tasks(found: Iterable[Graded]) -> dict[str, Estimate]:
    """Return the share of passed episodes by task."""
    known = list(found)
    return {
        name: rate((each.scenario, passed) for each in known if (passed := each.outcomes[name]) is not None)
        for name in TASKS
    }


def by_layer(found: Iterable[Graded]) -> list[Group]:
    """Return every actor in every layer at which faults act."""
    return _groups(found, lambda each: layer(each.episode))


def by_app(found: Iterable[Graded]) -> list[Group]:
    """Return every actor on every app."""
    return _groups(found, lambda each: each.episode.scenario.app)


def _rank(one: Standing) -> tuple[float, float, float, str]:
    return -(one.balanced.value or 0.0), one.false_alarm.value or 0.0, -(one.tasks["solved"].value or 0.0), one.actor


def _groups(found: Iterable[Graded], name: Callable[[Graded], str]) -> list[Group]:
    sound = [each for each in found if not each.grades.void]
    return [
        Group(group, actor, kind(actor), tasks(own), len(own))
        for group, inside in sorted(_by(sound, name).items())
        for actor, own in sorted(_by(inside, lambda each: each.episode.actor).items())
    ]


def _by(found: Iterable[Graded], name: Callable[[Graded], str]) -> dict[str, list[Graded]]:
    groups: dict[str, list[Graded]] = {}
    for each in found:
        groups.setdefault(name(each), []).append(each)
    return groups


def _detected(found: Iterable[Graded]) -> Estimate:
    return rate((each.scenario, passed) for each in found if (passed := each.grades.detect.passed) is not None)


def _of(take: Callable[[list[float]], float], measure: Measure, found: Iterable[Graded]) -> float | None:
    values = [value for each in found if (value := measure(each)) is not None]
    return take(values) if values else None
