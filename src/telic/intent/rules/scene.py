"""An intent beside the text that it was read from, so that a rule can point to the place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

from telic.intent.findings import Findings, near
from telic.intent.meaning import Kind, Nouns, snake
from telic.intent.services import RESERVED, services_of
from telic.intent.source import Item
from telic.model.intent import EntityType, FieldType, Intent, Operation

T = TypeVar("T")


class Scene:
    """What rules look at."""

    def __init__(self, intent: Intent, root: Item, findings: Findings) -> None:
        self.intent, self.root, self.findings = intent, root, findings

    def pairs(self, records: Sequence[T], path: str) -> Iterator[tuple[T, Item]]:
        """Pair records with the places that they were read from."""
        place = self.find(path)
        if place is None:
            return
        if place.kind == "list":
            yield from zip(records, place.items, strict=False)
        values = {key.text: value for key, value in reversed(place.entries)}
        first_keys = dict.fromkeys(key.text for key, _ in place.entries)
        yield from zip(records, (values[each] for each in first_keys), strict=False)

    def find(self, path: str) -> Item | None:
        """Return the place at a dotted path of keys."""
        place: Item | None = self.root
        for key in path.split("."):
            place = place.get(key) if place is not None else None
        return place

    def known(self, at: Item, text: str, among: Collection[str], saying: str) -> bool:
        """Whether `text` is among the known; a finding where it is not.

        An empty text was complained of already; so was what made that nothing is known, or a name unreadable.
        """
        doubtful = "" in among or (not among and len(self.findings))
        if text and text not in among and not doubtful:
            self.findings.add(at, f"{saying} {text!r}", near(text, among))
        return bool(text) and text in among

    @cached_property
    def entities(self) -> dict[str, EntityType]:
        """Entities by name."""
        return {each.name: each for each in self.intent.entities}

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """Operations by id."""
        return {each.id: each for each in self.intent.operations}

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Services that a design of this intent has; an unreadable owner is an empty name."""
        owners = [each.owner for each in self.intent.entities]
        unread = not owners or any(not each or each in RESERVED for each in owners)
        return (*services_of(self.intent), *([""] if unread else []))

    @cached_property
    def nouns(self) -> Nouns:
        """What expressions may speak of."""
        return Nouns(self.entities, {each.name: each for each in self.intent.states})

    @cached_property
    def types(self) -> dict[str, Kind]:
        """Entities as names in expressions: ``count(Payment, booking)``."""
        return {name: Kind("type", name) for name in self.entities}

    @cached_property
    def things(self) -> dict[str, Kind]:
        """Things as names in expressions: ``booking``."""
        return {snake(name): Kind("thing", name) for name in self.entities}

    def doubtful(self, entity: str) -> bool:
        """Whether something is wrong in an entity, so that what it seems to lack may only be misspelt."""
        return self.findings.under(f"functional.entities.{entity}")

    def check_type(self, at: Item, kind: FieldType) -> None:
        """Note a reference to an entity or a state machine that does not exist."""
        if kind.base in ("ref", "entity"):
            self.known(at, kind.target, self.entities, "no entity")
        if kind.base == "state":
            self.known(at, kind.target, [each.name for each in self.intent.states], "no state machine")


def place(item: Item, *keys: str) -> Item:
    """Return the value below `item`, or the nearest one above that is written."""
    for key in keys:
        below = item.get(key)
        if below is None:
            return item
        item = below
    return item
