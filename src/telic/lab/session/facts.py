"""What a system keeps, found by what it refers to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from telic.model import Intent
from telic.model.intent import EntityType

Thing = Any  # a row with attributes: fields of the entity, references as keys


class Facts:
    """The things that a system keeps, found by what they refer to.

    Parameters
    ----------
    things
        Gives all things of an entity.
    """

    def __init__(self, intent: Intent, things: Callable[[EntityType], Sequence[Thing]]) -> None:
        self._intent, self._things = intent, things
        self._found: dict[str, Sequence[Thing]] = {}
        self._by_reference: dict[tuple[str, str], dict[object, list[Thing]]] = {}

    def all(self, entity: str) -> Sequence[Thing]:
        """Return every thing of an entity."""
        if entity not in self._found:
            self._found[entity] = self._things(self._intent.entity(entity))
        return self._found[entity]

    def referring(self, entity: str, field: str, key: object) -> list[Thing]:
        """Return the things of `entity` whose `field` refers to `key`."""
        known = self._by_reference.get((entity, field))
        if known is None:
            known = self._by_reference[entity, field] = defaultdict(list)
            for each in self.all(entity):
                known[getattr(each, field)].append(each)
        return known.get(key, [])


@dataclass(frozen=True)
class Bound:
    """A thing of a scope, and of which entity it is."""

    entity: EntityType
    thing: Thing
