"""What the generator believes of the system: what it made, in which state it left it, what it cannot know."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from telic.worlds.load.knowledge import Knowledge, Thing

Holds = Literal["yes", "no", "unknown"]
References = tuple[tuple[str, object], ...]  # (("hotel", "h-1"), ("user", "u-1"))


@dataclass(slots=True)
class Life:
    """A thing with a state, as far as one knows."""

    key: str
    fields: Mapping[str, object]
    state: str
    since: float  # in this state [s of the generator's clock]


class Lives:
    """All things of one entity that has states."""

    def __init__(self) -> None:
        self._by_state: dict[str, list[Life]] = defaultdict(list)
        self._watched: set[tuple[str, ...]] = set()
        self._sure: Counter[tuple[str, References]] = Counter()
        self._unsure: set[References] = set()

    def watch(self, names: tuple[str, ...]) -> None:
        """Keep track of which things these references lead to; before anything is added."""
        self._watched.add(tuple(sorted(names)))

    def add(self, life: Life) -> None:
        """Take note of a thing in a state."""
        self._by_state[life.state].append(life)
        for references in self._references(life.fields):
            self._sure[life.state, references] += 1

    def take(self, state: str, draws: random.Random, *, since: float = float("-inf")) -> Life | None:
        """Take out one thing that came to `state` at `since` or later, to change it; older ones are forgotten."""
        lives = self._by_state[state]
        while lives:
            index = draws.randrange(len(lives))
            lives[index], lives[-1] = lives[-1], lives[index]
            life = lives.pop()
            for references in self._references(life.fields):
                self._sure[life.state, references] -= 1
                self._unsure.add(references)
            if life.since >= since:
                return life
        return None

    def any(self, state: str, draws: random.Random) -> Life | None:
        """Return one thing in `state`, and leave it there."""
        lives = self._by_state[state]
        return draws.choice(lives) if lives else None

    def holds(self, state: str, references: Mapping[str, object]) -> Holds:
        """Say whether there is a thing in `state` with these references."""
        wanted = tuple(sorted(references.items()))
        if self._sure[state, wanted] > 0:
            return "yes"
        return "unknown" if wanted in self._unsure else "no"

    def count(self, state: str) -> int:
        """Return how many things are in `state` [1]."""
        return len(self._by_state[state])

    def _references(self, fields: Mapping[str, object]) -> list[References]:
        return [tuple((name, fields.get(name)) for name in names) for names in self._watched]


@dataclass(slots=True)
class Account:
    """A user that the generator made, and how to log in."""

    key: str
    fields: dict[str, object]
    secrets: dict[str, object]
    token: str = ""
    lent: bool = False  # users of other operations go by it: it must not be deleted


class Beliefs:
    """The generator's model of the system.

    Parameters
    ----------
    knowledge
        Design, intent and seed data.
    now
        The wall clock [s since the Unix epoch].
    run
        A word that no other run has: part of addresses and idempotency keys.
    """

    def __init__(self, knowledge: Knowledge, now: Callable[[], float], run: str) -> None:
        self.knowledge, self.now, self.run = knowledge, now, run
        self.accounts: dict[str, list[Account]] = defaultdict(list)  # at rest, by entity
        self._lives: dict[str, Lives] = {}
        self._made: dict[str, dict[str, dict[str, Thing]]] = {}  # entity, field that it is listed by: value: things
        self._shown: dict[tuple[str, str, str], dict[str, dict[str, Thing]]] = {}  # the same by what they refer to
        self._told: dict[str, list[Callable[[Thing], object]]] = defaultdict(list)  # when a thing is removed

    def lives(self, entity: str) -> Lives:
        """Return what is believed of an entity with states; the seed's things are added by `settle`."""
        return self._lives.setdefault(entity, Lives())

    def settle(self) -> None:
        """Add the seed's things, once everybody has said what to watch."""
        for entity, lives in self._lives.items():
            state = self.knowledge.field_of(entity, "state").name
            for each in self.knowledge.things(entity).values():
                lives.add(Life(each.key, each.fields, str(each.fields[state]), float("-inf")))

    def list_by(self, entity: str, field: str) -> dict[str, dict[str, Thing]]:
        """Return the known things of an entity by the value of a field: a live table that `made` adds to."""
        place = f"{entity}.{field}"
        if place not in self._made:
            table: dict[str, dict[str, Thing]] = defaultdict(dict)
            for each in self.knowledge.things(entity).values():
                table[str(each.fields[field])][each.key] = each
            self._made[place] = table
        return self._made[place]

    def shown(self, entity: str, by: str, show: str) -> dict[str, dict[str, Thing]]:
        """Return what the known things of an entity refer to by `show`, by the value of `by`: a live table too."""
        place = (entity, by, show)
        if place not in self._shown:
            self._shown[place] = defaultdict(dict)
            for each in self.knowledge.things(entity).values():
                _widen(self._shown[place][str(each.fields[by])], str(each.fields[show]), each)
        return self._shown[place]

    def made(self, entity: str, thing: Thing) -> None:
        """Take note of a thing that the generator made."""
        for place, table in self._made.items():
            of, _, field = place.partition(".")
            if of == entity:
                table[str(thing.fields.get(field))][thing.key] = thing
        self.delivered(entity, thing)

    def delivered(self, entity: str, thing: Thing) -> None:
        """Take note of a thing whose key nobody was told."""
        for (of, by, show), table in self._shown.items():
            if of == entity:
                _widen(table[str(thing.fields[by])], str(thing.fields[show]), thing)

    def unmade(self, entity: str, thing: Thing) -> None:
        """Know nothing any more of a thing that is being removed."""
        for place, table in self._made.items():
            of, _, field = place.partition(".")
            if of == entity:
                table[str(thing.fields.get(field))].pop(thing.key, None)
        for (of, by, show), shown in self._shown.items():
            if of == entity:
                shown[str(thing.fields[by])].pop(str(thing.fields[show]), None)
        for tell in self._told[entity]:
            tell(thing)

    def tell(self, entity: str, about: Callable[[Thing], object]) -> None:
        """Call `about` with each thing of an entity that is being removed."""
        self._told[entity].append(about)


def _widen(known: dict[str, Thing], key: str, thing: Thing) -> None:
    """Note when something came to refer to `key`; at any of these times, where several do."""
    before = known.get(key, thing)
    known[key] = Thing(key, thing.fields, min(before.since, thing.since), max(before.until, thing.until))
