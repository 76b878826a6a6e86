"""The guard's rules, one function each: they say what holds, or raise `ActionRefused` naming the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telic.errors import ActionRefused
from telic.model import Action, ActionRecord, State, Topology
from telic.tools.actions import Verb
from telic.tools.journal import DECIDED, Entry

WENT_AHEAD = ("applying", "applied", "undoing", "helped", "undone", "undo_failed", "left")
FAILED = ("undone", "undo_failed", "left")
LIVE = frozenset({"escape", "reopen", "set_policies"})  # change policies of many services and interrupt none
EASING = frozenset({"reopen"})  # take back what an action of this incident restricts: not counted as attempts
REST, LONGEST_REST = 20.0, 600.0  # of an easing step that failed, doubled each time it fails, and at most [s]


@dataclass(frozen=True)
class Limits:
    """How much may be done with nobody watching."""

    per_incident: int = 6  # actions that reached the world [1]
    per_stretch: int = 30  # the same over all incidents of a stretch [1]
    vain_per_stretch: int = 10  # of them, those that did not help [1]
    stretch: float = 600.0  # [s]
    touches: int = 1  # services that one action may interrupt [1]
    reach: int = 16  # services whose policies one action may change live, interrupting none [1]
    undo_attempts: int = 3  # [1]
    undo_pause: float = 0.5  # between them [s]
    settle: float = 5.0  # after a crash: how long a begun action may still take effect [s]


@dataclass(frozen=True)
class Case:
    """All that the rules look at."""

    incident: str
    action: Action
    verb: Verb
    state: State
    topology: Topology
    history: Sequence[Entry]  # last entry of every earlier action
    now: float
    limits: Limits
    attended: bool


def precondition(case: Case) -> str:
    """What the verb needs holds in the world's state."""
    return case.verb.precondition(case.state, case.topology)


def reversible(case: Case) -> str:
    """An action without a way back needs somebody who watches."""
    undo = case.verb.undo(case.state)
    if case.attended:
        return "attended by a person"
    if case.verb.irreversible or undo.irreversible:
        raise ActionRefused(f"{case.action}: irreversible", hint="only a person may do this")
    if not case.verb.unattended:
        raise ActionRefused(f"{case.action}: not with nobody watching", hint="only a person, or the undo of an action")
    return f"undo: {undo.action or undo.note}"


def one_at_a_time(case: Case) -> str:
    """No second action before the first is decided: else nobody can tell which one helped."""
    open_ones = [each.record for each in case.history if each.step not in DECIDED]
    if open_ones:
        raise ActionRefused(
            f"{case.action}: {open_ones[0].action} is not decided yet", hint="wait for the health oracle, or recover"
        )
    return "no other action is under way"


def budget(case: Case) -> str:
    """Many actions mean that the diagnosis is wrong: stop and ask."""
    reached = [each for each in case.history if each.step in WENT_AHEAD and each.record.action.verb not in EASING]
    if case.action.verb in EASING:
        return "takes back a restriction of this incident"
    mine = sum(1 for each in reached if each.record.incident == case.incident)
    lately = [each for each in reached if each.time >= case.now - case.limits.stretch]
    vain = sum(1 for each in lately if each.step in FAILED)
    if mine >= case.limits.per_incident:
        raise ActionRefused(f"{case.action}: {mine} actions in this incident already", hint="a person has to look")
    if len(lately) >= case.limits.per_stretch or vain >= case.limits.vain_per_stretch:
        words = f"{len(lately)} actions in {case.limits.stretch:g} s already, {vain} of them in vain"
        raise ActionRefused(f"{case.action}: {words}", hint="a person has to look")
    return f"action {mine + 1} of {case.limits.per_incident} in this incident"


def not_again(case: Case) -> str:
    """What failed once in an incident is not tried again in it; what eases a restriction is, after a rest."""
    same = [each.record for each in case.history if each.step in FAILED and each.record.incident == case.incident]
    failed = [each for each in same if _what(each.action) == _what(case.action)]
    if case.action.verb in EASING:
        until = rests_until(failed)
        if case.now < until:
            raise ActionRefused(
                f"{case.action}: did not hold before ({failed[-1].id})", hint=f"again in {until - case.now:.0f} s"
            )
        return f"rested since it failed ({failed[-1].id})" if failed else "not tried before in this incident"
    if failed:
        raise ActionRefused(f"{case.action}: did not help before ({failed[-1].id})", hint="try the next cause")
    return "not tried before in this incident"


def rests_until(failed: Sequence[ActionRecord]) -> float:
    """Return when an easing step that failed so often may be tried again [s since the Unix epoch]; 0 if it never did.

    What stays restricted harms users, and what was full once may not be full for ever: so it is tried again, as a
    breaker that is half open does (M. Nygard, "Release It!", 2nd edition, chapter 5), less often each time.
    """
    if not failed:
        return 0.0
    return max(each.ended for each in failed) + min(LONGEST_REST, REST * 2.0 ** (len(failed) - 1))


def _what(action: Action) -> tuple[str, str, Mapping[str, object]]:
    return action.verb, action.target, dict(action.params)


def blast_radius(case: Case) -> str:
    """One action interrupts few services."""
    touched = case.verb.touches(case.topology)
    most = case.limits.reach if case.action.verb in LIVE else case.limits.touches
    if len(touched) > most and not case.attended:
        raise ActionRefused(
            f"{case.action}: touches {len(touched)} services ({', '.join(sorted(touched))})",
            hint=f"unattended at most {most}",
        )
    return f"touches {', '.join(sorted(touched)) or 'nothing'}"


RULES: Sequence[Callable[[Case], str]] = (
    precondition,
    reversible,
    one_at_a_time,
    budget,
    not_again,
    blast_radius,
)
