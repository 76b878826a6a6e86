"""Whether each part of an intent is fulfilled, by which evidence; what nobody measured is UNVERIFIED."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from telic.errors import UsageError
from telic.intent.parts import cited
from telic.model.intent import Intent, Objective, Status
from telic.registry import near_names

_ORDER: tuple[Status, ...] = ("FULFILLED", "UNVERIFIED", "DEGRADED", "NOT_FULFILLED")


@dataclass(frozen=True)
class Standing:
    """The status of one id, with the evidence and the reason for it."""

    id: str
    status: Status
    reason: str
    evidence: str = ""  # the run, report or query that shows it


@dataclass(frozen=True)
class Count:
    """Good requests among all, over some stretch of time."""

    good: int
    total: int


def judge_objective(objective: Objective, whole: Count, *, recent: Count | None = None, evidence: str = "") -> Standing:
    """Judge an objective by what was counted.

    Parameters
    ----------
    whole
        Over the objective's window.
    recent
        Over its last part; when this alone misses the target, the objective is DEGRADED.
    evidence
        What shows it.

    Notes
    -----
    Fewer requests than ``1 / (1 - target)`` cannot show that the target is kept, since one bad request would break it;
    they can show that it is broken.

    Examples
    --------
    >>> from telic.apps import find
    >>> from telic.intent import read
    >>> judge_objective(read(find("hotel")).objectives[0], Count(999, 1000)).status
    'FULFILLED'
    """
    bad, allowed = whole.total - whole.good, round(1 - objective.target, 9)
    needed = math.ceil(round(1 / allowed, 6))
    said = f"{whole.good} of {whole.total} requests good, {objective.target:.6g} asked for"
    if whole.total and bad > allowed * whole.total and bad > 1:
        return Standing(objective.id, "NOT_FULFILLED", said, evidence)
    if recent is not None and recent.total - recent.good > max(1.0, allowed * recent.total):
        reason = f"lately {recent.good} of {recent.total} requests good; over the whole window {said}"
        return Standing(objective.id, "DEGRADED", reason, evidence)
    if whole.total < needed:
        return Standing(objective.id, "UNVERIFIED", f"{whole.total} requests; {needed} are needed to tell", evidence)
    return Standing(objective.id, "FULFILLED", said, evidence)


def judge_tests(about: str, *, passed: int, failed: int, evidence: str = "") -> Standing:
    """Judge an operation, use case, invariant or rule by the tests that derive from it."""
    if failed:
        return Standing(about, "NOT_FULFILLED", f"{failed} of {passed + failed} tests failed", evidence)
    if not passed:
        return Standing(about, "UNVERIFIED", "no test ran", evidence)
    return Standing(about, "FULFILLED", f"{passed} tests passed" if passed > 1 else "1 test passed", evidence)


def standings(intent: Intent, known: Iterable[Standing] = ()) -> tuple[Standing, ...]:
    """Return one standing for every id of `intent`, in its order; several about one id become the worst of them.

    Raises
    ------
    UsageError
        A standing about an id that the intent does not have.
    """
    ids = cited(intent)
    worst: dict[str, Standing] = {}
    for each in known:
        if each.id not in ids:
            raise UsageError(f"no id {each.id!r} in {intent.system}", hint=near_names(each.id, ids))
        if each.id not in worst or _ORDER.index(each.status) > _ORDER.index(worst[each.id].status):
            worst[each.id] = each
    return tuple(worst.get(each, Standing(each, "UNVERIFIED", "nothing has been measured")) for each in ids)


def overall(each: Iterable[Standing]) -> Status:
    """Return the worst status; UNVERIFIED counts as worse than FULFILLED, which keeps us honest.

    Examples
    --------
    >>> overall([Standing("F1", "FULFILLED", "1 test passed"), Standing("F2", "UNVERIFIED", "no test ran")])
    'UNVERIFIED'
    """
    found = [_ORDER.index(one.status) for one in each]
    return _ORDER[max(found)] if found else "UNVERIFIED"
