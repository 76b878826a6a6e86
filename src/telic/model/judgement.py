"""The words with one meaning: user harm, recovered, cause right, mitigation right, wrong action left in place.

Every benchmark, test and report uses these functions and no others; those about trials are in `goodput`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model.action import ActionRecord
from telic.model.incident import Diagnosis

HARM_SHARE = 0.05  # of an operation's requests in one second [1]
HARM_COUNT = 2  # and at least this many [1]


@dataclass(frozen=True)
class AnswerStep:
    """Answers of one operation that were checked in one second."""

    time: float  # [s since the Unix epoch]
    operation: str  # of the entry
    checked: int
    wrong: int
    what: str = ""  # is wrong with one of them: "order"


@dataclass(frozen=True)
class Tally:
    """Requests of one operation that users meant to send in one second, by the load generator's own record."""

    second: int  # [s since the Unix epoch]
    operation: str  # intent id
    good: int  # right answer, in time
    bad: int
    late: int = 0  # of the bad ones: right, but not in time

    @property
    def harmed(self) -> bool:
        """Whether users were harmed in this second: at least 5 % and at least 2 of its requests were bad."""
        return self.bad >= HARM_COUNT and self.bad >= HARM_SHARE * (self.good + self.bad)


@dataclass(frozen=True)
class Truth:
    """What was really wrong; sealed from whatever operates."""

    fault: str
    entity: str
    mechanism: str
    aliases: tuple[str, ...] = ()  # other names of the same place
    injected: float = 0.0  # [s since the Unix epoch]
    healed: float = 0.0
    change: str = ""


def user_harm(tallies: Iterable[Tally], *, since: float = 0.0) -> float | None:
    """Return the first second of user harm at or after `since` [s since the Unix epoch], or None.

    Examples
    --------
    >>> user_harm([Tally(10, "F1", 50, 1), Tally(11, "F1", 40, 9)])
    11.0
    """
    harmed = [each.second for each in tallies if each.harmed and each.second + 1 > since]
    return float(min(harmed)) if harmed else None


def recovered(tallies: Sequence[Tally], *, harm: float, hold: int = 5) -> float | None:
    """Return when users were well again: the start of the first `hold` [s] consecutive seconds without harm.

    Only complete seconds after `harm` count; None when that never happened.

    Examples
    --------
    >>> well = [Tally(second, "F1", 50, 0) for second in range(12, 18)]
    >>> recovered([Tally(11, "F1", 0, 50), *well], harm=11.0)
    12.0
    """
    by_second: dict[int, bool] = defaultdict(bool)
    for each in tallies:
        by_second[each.second] |= each.harmed
    run = 0
    for second in sorted(each for each in by_second if each > harm):
        run = 0 if by_second[second] else run + 1
        if run == hold:
            return float(second - hold + 1)
    return None


def cause_right(diagnosis: Diagnosis | None, truth: Truth) -> bool:
    """Whether the first hypothesis names both the entity (or an alias) and the mechanism."""
    if diagnosis is None or diagnosis.abstained or not diagnosis.hypotheses:
        return False
    first = diagnosis.hypotheses[0]
    return first.entity in (truth.entity, *truth.aliases) and first.mechanism == truth.mechanism


def mitigation_right(actions: Iterable[ActionRecord], truth: Truth) -> bool:
    """Whether an action at the place that was wrong helped, and no wrong action was left in place.

    The place is the entity, one of its aliases, or an edge that ends there.
    """
    applied = tuple(actions)
    places = (truth.entity, *truth.aliases)
    at_place = [
        each for each in applied if each.action.target in places or each.action.target.split("->")[-1] in places
    ]
    return any(each.outcome == "helped" for each in at_place) and not wrong_actions_left(applied)


def wrong_actions_left(actions: Iterable[ActionRecord]) -> tuple[ActionRecord, ...]:
    """Return the actions that were applied, did not help and were not undone.

    An action that left nothing behind to take back (a restart that did not help) is not *left in place*.
    """
    return tuple(
        each
        for each in actions
        if each.outcome in ("applied", "left", "undo_failed")
        and not (
            each.outcome == "left" and each.undo is not None and each.undo.action is None and not each.undo.irreversible
        )
    )
