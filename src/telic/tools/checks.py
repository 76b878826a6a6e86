"""The guard's rules, one function each: they say what holds, or raise `ActionRefused` naming the rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telic.errors import ActionRefused
from telic.model import Action, State, Topology
from telic.tools.actions import Verb
from telic.tools.journal import DECIDED, Entry

WENT_AHEAD = ("applying", "applied", "undoing", "helped", "undone", "undo_failed", "left")
FAILED = ("undone", "undo_failed", "left")
LIVE = frozenset({"escape", "reopen", "set_policies"})  # change policies of many services and interrupt none
EASING = frozenset({"reopen"})  # take back what an action of this incident restricts: not counted as attempts


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
    """What failed once in an incident is not tried again in it."""
    for each in case.history:
        same = (each.record.action.verb, each.record.action.target, dict(each.record.action.params)) == (
            case.action.verb,
            case.action.target,
            dict(case.action.params),
        )
        if same and each.record.incident == case.incident and each.step in FAILED:
            raise ActionRefused(f"{case.action}: did not help before ({each.record.id})", hint="try the next cause")
    return "not tried before in this incident"


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
