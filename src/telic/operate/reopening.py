"""How a system that was led out of a collapse is opened again: which step comes next, from the records alone."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action, ActionRecord
from telic.tools.checks import rests_until

ESCAPE, REOPEN = "escape", "reopen"
SMALL = 0.4  # a share so small is given up in one step [1]
FINEST = 0.05  # smaller steps say nothing [1]
BUDGETS = (0.05, 0.1)  # retries for each request that callers may spend, step by step [1]
FAILED = ("undone", "left", "undo_failed")


def shed_by(action: Action) -> float:
    """Return the share of users' requests [1] that an action lets the entry refuse; 0 for any other action."""
    return float(action.params.get("shed", 0.0)) if action.verb in (ESCAPE, REOPEN) else 0.0


def shed_now(records: Sequence[ActionRecord]) -> float:
    """Return the share of users' requests [1] that the entry refuses after these actions."""
    held = _held(records)
    return shed_by(held[-1].action) if held else 0.0


def last_step(records: Sequence[ActionRecord]) -> ActionRecord | None:
    """Return the newest step of opening that is in force, which can be taken back; None where there is none."""
    held = _held(records)
    return held[-1] if held and held[-1].action.verb == REOPEN else None


def next_step(records: Sequence[ActionRecord], now: float) -> Action | None:
    """Return what to try next; None when all is open, as far as it holds.

    First the share that the entry refuses is halved until it is gone, then callers may try again within a budget. A
    step that did not hold is halved; below `FINEST` a person has to look. A step that failed is tried again when it has
    rested for as long as the guard wants.

    Parameters
    ----------
    records
        The actions of one incident, in order.
    now
        Says what has rested [s since the Unix epoch].
    """
    held = _held(records)
    if not held:
        return None
    service, last = held[-1].action.target, held[-1].action
    since = records[records.index(held[0]) :]
    failed = _resting([each for each in since if each.action.verb == REOPEN and each.outcome in FAILED], now)
    refused = [each.action for each in since if each.action.verb == REOPEN and each.outcome == "refused"]
    shed, budget = shed_by(last), float(last.params.get("budget", 0.0))
    if shed > 0:
        floor = max((shed_by(each) for each in failed if shed_by(each) < shed), default=None)
        wanted = _less(shed) if floor is None else (shed + floor) / 2
        return (
            None if shed - wanted < FINEST else _step(service, wanted, 0.0, f"users are well while {shed:.0%} is shed")
        )
    wider = [each for each in BUDGETS if each > budget]
    if not wider or any(
        shed_by(each) == 0 and float(each.params.get("budget", 0.0)) > 0 for each in (*failed, *refused)
    ):
        return None
    return _step(service, 0.0, wider[0], "users are well with nothing shed")


def _held(records: Sequence[ActionRecord]) -> list[ActionRecord]:
    """Return the newest escape in force and the steps in force after it."""
    held: list[ActionRecord] = []
    for each in records:
        if each.action.verb == ESCAPE and each.outcome == "helped":
            held = [each]
        elif held and each.action.verb == REOPEN and each.outcome == "helped":
            held.append(each)
    return held


def _resting(failed: Sequence[ActionRecord], now: float) -> list[Action]:
    """Return the steps that failed and have not rested yet."""
    of: dict[str, list[ActionRecord]] = {}
    for each in failed:
        of.setdefault(str(each.action), []).append(each)
    return [each[0].action for each in of.values() if now < rests_until(each)]


def _less(shed: float) -> float:
    return round(shed / 2, 3) if shed > SMALL else 0.0


def _step(service: str, shed: float, budget: float, why: str) -> Action:
    return Action(REOPEN, service, {"shed": round(shed, 3), "budget": budget}, why)
