"""What faults have in common that are a trouble of the database: a place in it, and the way back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice
from telic.lab.places import popular
from telic.lab.sources import FoundStatement, statements
from telic.model import Action, Change, Harm, Scalar, Table, Truth

STORE = "postgres"


@dataclass(frozen=True)
class Troubled(ABC):
    """A trouble of one service with its database, or of the database with everybody."""

    name: ClassVar[str]
    layer: ClassVar[str] = "store"
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means
    trouble: ClassVar[str]  # as `telic.model.Harm.store` calls it

    @classmethod
    @abstractmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return where users are certainly hurt."""

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a place."""
        return choose(cls.name, cls.places(scene), fixed, dice(cls.name, seed))

    @property
    @abstractmethod
    def on(self) -> str:
        """What in the database it is on."""

    @property
    def amount(self) -> float:
        """How much of it there is: seconds or rows, where it has a size."""
        return 1.0

    @abstractmethod
    def where(self) -> tuple[str, tuple[str, ...]]:
        """Return the entity that is wrong, and other names of it."""

    def inject(self, harm: Harm) -> Truth:
        """Bring the trouble about."""
        entity, aliases = self.where()
        harm.store(STORE, self.trouble, on=self.on, size=self.amount)
        (word,) = self.mechanisms
        return Truth(self.name, entity, word, aliases=aliases)

    def mitigations(self, harm: Harm) -> list[Action]:
        """Return what brings the database back to its design."""
        return [Action("reconcile", STORE)]

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Take it back; what is well stays."""
        harm.store(STORE, self.trouble, on=self.on, size=0.0)


@dataclass(frozen=True)
class OfRole(Troubled):
    """A trouble of the role as which one service asks the database."""

    service: str

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the services whose statements many requests run."""
        return [{"service": each} for each in sorted({service for service, _, _ in touched(scene)})]

    @property
    def on(self) -> str:
        """The role, called as the service."""
        return self.service

    def where(self) -> tuple[str, tuple[str, ...]]:
        """Return the service, and its edge to the database."""
        return self.service, (f"{self.service}->{STORE}",)


@dataclass(frozen=True)
class OfTable(Troubled):
    """A trouble of a service's own table, or of a part of it."""

    service: str
    table: str

    @property
    def on(self) -> str:
        """The table."""
        return self.table

    def where(self) -> tuple[str, tuple[str, ...]]:
        """Return the service, its edge to the database, the database and the table."""
        return self.service, (f"{self.service}->{STORE}", STORE, self.table)


def touched(scene: Scene) -> Iterator[tuple[str, str, FoundStatement]]:
    """Yield service, ``schema.table`` and statement, of all statements that many requests run."""
    if STORE not in scene.harm.state().stores:
        return
    used = set(popular(scene, "statement"))
    for service in sorted(scene.harm.state().services):
        mine = {each.table for each in scene.design.grants if each.service == service}
        for found in statements(scene.harm.release_files(service)):
            if found.name in used:
                yield from ((service, table, found) for table in sorted(mine) if found.touches(table))


def design_table(scene: Scene, table: str) -> Table | None:
    """Return a table of the design by its ``schema.table``."""
    schema, _, name = table.partition(".")
    known = {each.name: each for service in scene.design.services if service.name == schema for each in service.tables}
    return known.get(name)
