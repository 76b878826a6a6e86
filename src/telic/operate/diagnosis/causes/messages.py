"""Messages that are new or come more often: what an entity says of itself, and what others complain of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from telic.context.changes import trouble
from telic.context.deviation import Deviation
from telic.context.seen import Seen
from telic.model.topology import reach
from telic.operate.diagnosis.causes.cause import Reason
from telic.operate.diagnosis.causes.spoken import Support
from telic.operate.diagnosis.culprit.signs import OWN, mentions

_GRAVE = {"ERROR": 1.0, "FATAL": 1.0, "CRITICAL": 1.0, "SEVERE": 1.0, "WARN": 0.5, "WARNING": 0.5}
_TROUBLED = 0.2  # weight of a message that is no warning but speaks of a trouble [1]
_ONE = 10.0  # most that one message says [nats]
_MOST, _HEARD = 9.0, 7.0  # most that all own messages, and all complaints, say [nats]
_FOLLOWS = 0.3  # weight of own messages that another entity's trouble explains [1]
_EARLIER = 2.0  # own messages that come this much before complaints are no consequence [s]
_WITNESS = 0.5  # weight of own messages that say that somebody else, who is not named, cannot be reached [1]
_UNREACHED = frozenset({"connect", "deadline"})
_TYPED = re.compile(r"[A-Za-z](Exception|Error|Fault|Panic)\b|Traceback|\bpanic\b|segfault|assert", re.ASCII)
_PLAIN = 6.0  # of typed errors, from which on an entity has told what is wrong with itself [nats]
_SHORTEST = 4  # a name that is found in messages [characters]


@dataclass
class _Heard:
    """What is heard from one entity, or of it: how much, the strongest, since when."""

    nats: float = 0.0
    best: Deviation | None = None
    onset: float = 0.0
    typed: float = 0.0  # of the nats, those of exceptions

    def add(self, each: Deviation, nats: float) -> None:
        if self.best is None or nats > min(self.best.surprise, _ONE):
            self.best = each
        self.nats += nats
        self.typed += nats if _TYPED.search(each.signal) and not unreached(each.signal) else 0.0
        self.onset = min(self.onset or each.onset, each.onset)


def message_support(seen: Seen) -> Iterable[Support]:
    """Return what messages say for each entity.

    Who complains about another is a witness, not a suspect, and of whom witnesses complain is one unless it names
    another itself. Own errors of who depends on an entity with errors are likely to follow from these.
    """
    own, heard, accuses = _sorted(seen)
    for entity, each in own.items():
        below = reach(seen.calls, entity)
        weight = 1.0
        if any(_strength(other, own, heard) >= 0.5 * each.nats for other in below):
            weight = _FOLLOWS
        if entity in accuses and each.onset > accuses[entity] - _EARLIER:
            weight = _FOLLOWS
        if each.best is not None:
            nats = weight * min(each.nats, _MOST)
            says = f"{entity} says: {each.best.signal[:120]} ({each.best.count} times)"
            mechanism = "exception" if "exception" in each.best.signal.lower() else "errors"
            yield Support(entity, mechanism, each.best.signal, Reason("messages", nats, says, each.best), each.onset)
    for entity, each in heard.items():
        if each.best is not None:
            nats = (_FOLLOWS if entity in accuses else 1.0) * min(each.nats, _HEARD)
            says = f"{each.best.entity} complains: {each.best.signal[:120]} ({each.best.count} times)"
            yield Support(entity, "errors", each.best.signal, Reason("complaints", nats, says, each.best), each.onset)


def _sorted(seen: Seen) -> tuple[dict[str, _Heard], dict[str, _Heard], dict[str, float]]:
    """Messages by who says them of itself, by of whom others complain, and since when each complains of others."""
    found, levels = seen.warnings
    names = _names(seen, found)
    own: dict[str, _Heard] = {}
    heard: dict[str, _Heard] = {}
    accuses: dict[str, float] = {}
    for each in found:
        nats = _grave(each, levels) * min(each.surprise, _ONE) if each.up else 0.0
        if nats <= 0.0:
            continue
        about = _about(each, names)
        if about:
            heard.setdefault(about, _Heard()).add(each, nats)
            accuses[each.entity] = min(accuses.get(each.entity, each.onset), each.onset)
        else:
            own.setdefault(each.entity, _Heard()).add(each, nats * (_WITNESS if unreached(each.signal) else 1.0))
    return own, heard, accuses


def accounts(seen: Seen) -> Mapping[str, float]:
    """Return how far entities tell themselves why they fail, by exceptions that name nobody else, 0 to 1.

    Who fails so does not reach whom it would call, and that these have nothing to do says nothing against them.
    """
    own, _, _ = _sorted(seen)
    return {entity: min(each.typed / _PLAIN, 1.0) for entity, each in own.items() if each.typed > 0.0}


def unreached(text: str) -> bool:
    """Return whether a message says that somebody cannot be reached, or does not answer in time."""
    troubles = trouble.in_text(text)
    return bool(troubles & _UNREACHED) and not troubles & OWN


def _strength(entity: str, own: Mapping[str, _Heard], heard: Mapping[str, _Heard]) -> float:
    return sum(found[entity].nats for found in (own, heard) if entity in found)


def _names(seen: Seen, found: Sequence[Deviation]) -> Sequence[str]:
    names = {each.name for each in seen.topology.entities if each.kind != "node"} | set(seen.calls)
    names |= {callee for callees in seen.calls.values() for callee in callees} | {each.entity for each in found}
    return sorted((each for each in names if len(each) >= _SHORTEST), key=lambda each: (-len(each), each))


def _about(each: Deviation, names: Sequence[str]) -> str:
    """The other entity that a message names; "" where it names none, or speaks of a trouble of its own."""
    low = each.signal.lower()
    found = next((name for name in names if name != each.entity and mentions(low, name)), "")
    return "" if found and trouble.in_text(each.signal) & OWN else found


def _grave(each: Deviation, levels: Mapping[tuple[str, str], str]) -> float:
    level = _GRAVE.get(levels.get((each.entity, each.attributes), "").upper(), 0.0)
    return level or (_TROUBLED if trouble.in_text(each.signal) else 0.0)
