"""Which manner the evidence tells, if any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.context.changes.effects import Effect, read_effects
from telic.model import Change
from telic.operate.diagnosis.findings import CHANGE_AFTER, Findings
from telic.operate.diagnosis.manners.manner import Manner, known
from telic.operate.diagnosis.manners.shown import shown
from telic.operate.diagnosis.proposal import Proposal

LEAST = 1.5  # weight of a manner that is worth naming [nat]
AHEAD = 0.4  # of the next one [nat]
SAID = 2.0  # what stands in the added lines of a change, or in what the supervisor told [nat]
PLAINLY = 2.5  # what stands in a setting's change or in an error's message [nat]
TOLD = 3.0  # an SQLSTATE [nat]
UNTRUE = "wrong answers"  # a feature that most manners have nothing to do with
UNSAID = -1.0  # weight of a manner that has nothing to do with them, where answers are wrong [nat]
SOON = 30.0  # a change brings harm within so long [s]


@dataclass(frozen=True)
class Narrowed:
    """The manner that the evidence tells, with its weight and what it is read from."""

    name: str
    weight: float  # [nat]
    says: tuple[str, ...]
    direct: bool = False  # it stands in a change, a message, an SQLSTATE; not only in how the harm looks


@dataclass(frozen=True)
class Read:
    """A change with what it does, read once for all manners."""

    change: Change
    effects: Sequence[Effect]
    added: str  # lines

    @classmethod
    def of(cls, change: Change) -> Read:
        """Read a change."""
        reading = read_effects(change.diff, change.files, change.summary)
        return cls(change, reading.effects, "\n".join(reading.diff.added))


@dataclass(frozen=True)
class Told:
    """Everything at one place that manners are read from, looked up once."""

    mechanism: str
    changes: Sequence[Read]
    states: frozenset[str]
    errors: str
    events: str
    features: frozenset[str]


def narrowed(findings: Findings, first: Proposal) -> Narrowed | None:
    """Return the manner of the mechanism that was found; None where nothing tells, or two are as likely.

    Parameters
    ----------
    findings
        The snapshot.
    first
        What carries the symptom.
    """
    told = _told(findings, first)
    ranked = sorted((_weigh(each, told) for each in known()), key=lambda each: (-each.weight, each.name))
    best, second = ranked[0], ranked[1]
    return best if best.weight >= LEAST and best.weight >= second.weight + AHEAD else None


def _told(findings: Findings, first: Proposal) -> Told:
    entity = first.entity
    ends = set(entity.split("->"))
    changes = [first.change] if first.change is not None else list(_changes(findings, first.place))
    states = {
        state
        for each in findings.current.statements
        if ends & {each.service, each.store}
        for state in each.by_state
        if not _usual(findings, state)
    }
    return Told(
        first.mechanism,
        [Read.of(each) for each in changes],
        frozenset(states),
        "\n".join(_errors(findings, ends)),
        "\n".join(f"{each.name} {each.reason}" for each in findings.events if each.service in ends),
        shown(findings, entity),
    )


def _changes(findings: Findings, place: str) -> Iterable[Change]:
    return [
        each
        for each in findings.changes
        if each.entity.partition("->")[0] == place
        and findings.onset - SOON <= each.time <= findings.onset + CHANGE_AFTER
    ]


def _usual(findings: Findings, state: str) -> bool:
    return findings.baseline is not None and any(state in each.by_state for each in findings.baseline.statements)


def _errors(findings: Findings, ends: set[str]) -> Iterable[str]:
    before = {(each.service, each.type) for each in findings.baseline.exceptions} if findings.baseline else set()
    for group in findings.current.exceptions:
        if group.service in ends and (group.service, group.type) not in before:
            yield f"{group.type}: {group.message}"
    for each in findings.blames:
        if each.detail and ends & set(each.entity.split("->")):
            yield each.detail


def _weigh(manner: Manner, told: Told) -> Narrowed:
    if manner.general and told.mechanism not in manner.general:
        return Narrowed(manner.name, 0.0, ())
    clues = [*_of_changes(manner, told.changes), *_of_words(manner, told)]
    direct = bool(clues)
    for name, weight in manner.shows.items():
        missing = name.startswith("no ")
        if (name.removeprefix("no ") in told.features) != missing:
            clues.append((weight, name))
    if UNTRUE in told.features and UNTRUE not in manner.shows:
        clues.append((UNSAID, "it makes no answer wrong"))
    if not direct and not manner.general:  # features alone say how it fails, not what fails
        return Narrowed(manner.name, 0.0, ())
    if manner.name == told.mechanism:
        clues.append((1.0, "the mechanism itself"))
    weight = sum(weight for weight, _ in clues)
    return Narrowed(manner.name, weight, tuple(says for weight, says in clues if weight > 0), direct)


def _of_changes(manner: Manner, changes: Sequence[Read]) -> list[tuple[float, str]]:
    clues = []
    for each in changes:
        change = each.change
        if change.kind != "deploy" and (line := manner.set_by(change.diff)):
            clues.append((PLAINLY, f"{change.kind} {line[:100]}"))
        for effect in each.effects:
            if (weight := manner.effects.get(effect.mechanism)) is not None:
                clues.append((weight * effect.force, effect.says))
        if change.kind == "deploy" and manner.added is not None and (found := manner.added.search(each.added)):
            clues.append((SAID, f"the change adds {found.group().strip()[:60]!r}"))
    return clues


def _of_words(manner: Manner, told: Told) -> list[tuple[float, str]]:
    clues = []
    states = sorted(each for each in told.states if any(each.startswith(start) for start in manner.states))
    if states:
        clues.append((TOLD, f"SQLSTATE {', '.join(states)}"))
    for pattern, text, weight in ((manner.errors, told.errors, PLAINLY), (manner.events, told.events, SAID)):
        if pattern is not None and (found := pattern.search(text)):
            clues.append((weight, f"{found.group().strip()[:60]!r} is said there"))
    return clues
