"""What users got around a trigger: goodput second by second, recovery, and the verdict of a trial.

The same functions judge the live and the simulated world, from the load generator's record alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from telic.model.intent import Objective, Recovery
from telic.model.judgement import Tally
from telic.model.topology import Window

HOLD = 5  # seconds in a row that must reach the bound [s]
TAIL = 8.0  # the end of a trial, where a lasting collapse shows [s]
WELL = 0.9  # share of good answers below which a system was not well before a trigger [1]

Outcome = Literal["recovered", "late", "not recovered", "held", "harmed", "not well before"]
"""*recovered*: in time; *late*: while watched, but not in time; *not recovered*: never while watched.

*held* and *harmed*: whether the objectives of a benefit were met under its condition.
*not well before*: the trial says nothing, since users were not served before the trigger either.
"""


@dataclass(frozen=True)
class Goodput:
    """What became of the requests that users meant to send in one second."""

    second: int  # [s since the Unix epoch]
    good: int  # right answers, in time [1]
    asked: int  # [1]
    correct: int  # right answers, in time or not [1]

    @property
    def share(self) -> float:
        """Good answers of those asked for [1]; 1 where nobody asked."""
        return self.good / self.asked if self.asked else 1.0


@dataclass(frozen=True)
class Phases:
    """The stretches of a trial: before the trigger, the trigger, and after it, to the end of the record."""

    before: Window
    trigger: Window
    after: Window


@dataclass(frozen=True)
class Verdict:
    """What a trial showed."""

    outcome: Outcome
    before: float  # share of good answers [1]
    during: float  # the same while the trigger lasted [1]
    tail: float  # the same in the last 8 s [1]
    recovery: float | None = None  # from the end of the trigger to the first of 5 good seconds [s]; None: never
    missed: tuple[str, ...] = ()  # ids of what should have held and did not

    @property
    def passed(self) -> bool:
        """Whether everything held that the trial asks for."""
        return self.outcome in ("recovered", "held")


def goodput(tallies: Iterable[Tally]) -> list[Goodput]:
    """Return goodput per second over all operations, in order.

    Examples
    --------
    >>> goodput([Tally(7, "F1", 90, 10, 4), Tally(7, "F2", 100, 0)])
    [Goodput(second=7, good=190, asked=200, correct=194)]
    """
    sums: dict[int, list[int]] = {}
    for each in tallies:
        found = sums.setdefault(each.second, [0, 0, 0])
        found[0] += each.good
        found[1] += each.good + each.bad
        found[2] += each.good + each.late
    return [Goodput(second, *sums[second]) for second in sorted(sums)]


def share(seconds: Iterable[Goodput], window: Window) -> float:
    """Return the share [1] of good answers in the whole seconds inside `window`; 1 where nobody asked.

    Examples
    --------
    >>> share([Goodput(7, 10, 10, 10), Goodput(8, 0, 10, 0)], Window(7.0, 9.0))
    0.5
    """
    inside = [each for each in seconds if window.start <= each.second and each.second + 1 <= window.end]
    asked = sum(each.asked for each in inside)
    return sum(each.good for each in inside) / asked if asked else 1.0


def recovery(seconds: Sequence[Goodput], *, bound: float, since: float, hold: int = HOLD) -> float | None:
    """Return how long after `since` the first of `hold` consecutive seconds began that reach `bound`; None: never.

    Only seconds that began at or after `since` count.

    Parameters
    ----------
    bound
        Share of good answers [1].
    since
        The end of the trigger [s since the Unix epoch].

    Examples
    --------
    >>> collapsed = [Goodput(second, 10, 100, 10) for second in range(20, 24)]
    >>> well = [Goodput(second, 99, 100, 99) for second in range(24, 30)]
    >>> recovery([*collapsed, *well], bound=0.95, since=20.0)
    4.0
    >>> recovery(collapsed, bound=0.95, since=20.0) is None
    True
    """
    run: list[int] = []
    for each in seconds:
        if each.second < since:
            continue
        follows = not run or each.second == run[-1] + 1
        run = [*(run if follows else []), each.second] if each.share >= bound else []
        if len(run) == hold:
            return float(run[0]) - since
    return None


def met(objective: Objective, seconds: Iterable[Goodput], window: Window) -> bool:
    """Whether an objective was met over `window`; without a request it was not.

    Examples
    --------
    >>> from telic.model.intent import Objective
    >>> success = Objective("O2", "gateway", "success", 0.99, 60.0, 10.0, "W1")
    >>> met(success, [Goodput(7, 50, 100, 99)], Window(7.0, 8.0))
    True
    """
    inside = [each for each in seconds if window.start <= each.second and each.second + 1 <= window.end]
    asked = sum(each.asked for each in inside)
    right = sum(each.correct if objective.sli == "success" else each.good for each in inside)
    return asked > 0 and right >= objective.target * asked


def judge(
    tallies: Iterable[Tally], phases: Phases, recoveries: Sequence[Recovery], objectives: Sequence[Objective]
) -> Verdict:
    """Judge a trial: users are well again in time after it, and objectives are met in it.

    Examples
    --------
    >>> phases = Phases(Window(0, 5), Window(5, 8), Window(8, 20))
    >>> r1 = Recovery("R1", "goodput(O1)", 0.95, "before", 10.0, "trigger_end")
    >>> down = [Tally(second, "F1", 0 if 5 <= second < 11 else 100, 100 if 5 <= second < 11 else 0)
    ...         for second in range(20)]
    >>> judge(down, phases, [r1], [])
    Verdict(outcome='recovered', before=1.0, during=0.0, tail=1.0, recovery=3.0, missed=())
    """
    seconds = goodput(tallies)
    before, during, tail = _shares(seconds, phases)
    to = max((each.to for each in recoveries), default=0.95)
    took = recovery(seconds, bound=to * before, since=phases.trigger.end)
    missed = [each.id for each in recoveries if took is None or took > each.within]
    missed += [each.id for each in objectives if not met(each, seconds, phases.trigger)]
    outcome: Outcome = "harmed" if missed else "recovered" if recoveries else "held"
    if recoveries and took is None:
        outcome = "not recovered"
    elif any(each.id in missed for each in recoveries):
        outcome = "late"
    if before < WELL:
        outcome = "not well before"
    return Verdict(outcome, before, during, tail, took if recoveries else None, tuple(missed))


def _shares(seconds: Sequence[Goodput], phases: Phases) -> tuple[float, float, float]:
    end = phases.after.end
    tail = Window(max(end - TAIL, phases.trigger.end), end)
    return share(seconds, phases.before), share(seconds, phases.trigger), share(seconds, tail)
