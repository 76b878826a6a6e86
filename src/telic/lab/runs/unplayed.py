"""What somebody reaches who says the same in every episode and names nothing; it follows from the truth alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from telic.lab.runs.graded import Graded
from telic.lab.runs.intervals import balanced, rate
from telic.lab.runs.summary import TASKS, TRIVIAL
from telic.report.lab.record import Standing

ALWAYS: Mapping[str, bool] = {
    "always 'something is wrong' (not played)": False,
    "always 'all is well' (not played)": True,
}
"""By name in tables what is said at the end of every episode: whether all is well."""


def beside(found: Sequence[Graded]) -> list[Standing]:
    """Return what stands beneath actors for comparison where none of them is trivial: nothing where one was played."""
    if not found or any(each.episode.actor in TRIVIAL for each in found):
        return []
    return [_standing(name, well, _once(found)) for name, well in ALWAYS.items()]


def _once(found: Sequence[Graded]) -> list[Graded]:
    """Return every episode once, whoever played it; one that was not void, where there is one."""
    known: dict[tuple[object, ...], Graded] = {}
    for each in found:
        if each.key not in known or known[each.key].grades.void:
            known[each.key] = each
    return list(known.values())


def _standing(name: str, well: bool, found: Sequence[Graded]) -> Standing:
    sound = [each for each in found if not each.grades.void]
    sick = rate((each.scenario, not well) for each in sound if not each.grades.negative)
    calm = rate((each.scenario, well) for each in sound if each.grades.negative)
    return Standing(
        actor=name,
        kind="trivial",
        episodes=0,
        worlds=dict(Counter(each.episode.world for each in found)),
        void=0,
        crashed=0,
        balanced=balanced(sick, calm),
        false_alarm=rate((each.scenario, not well) for each in sound if each.grades.negative),
        tasks={
            task: rate((each.scenario, _passed(each, task, well)) for each in sound if each.outcomes[task] is not None)
            for task in TASKS
        },
    )


def _passed(each: Graded, task: str, well: bool) -> bool:
    """Return whether that passes a task which could be judged: to tell sick from healthy, and no other."""
    right = well is each.grades.negative
    alone = all(passed is None for name, passed in each.outcomes.items() if name not in ("detect", "solved"))
    return right and (task == "detect" or (task == "solved" and alone))
