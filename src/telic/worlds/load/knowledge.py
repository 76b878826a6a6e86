"""What the generator knows of a system before it starts: its design, its intent and its seed data."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from telic import intent as intents
from telic.errors import InvalidDesign
from telic.model import Design, Intent, load
from telic.model.design import ServiceOperation
from telic.model.intent import EntityType, Field, Operation
from telic.worlds.load.geography import Map, Point

SCHEMA = "telic/design/v1"
MAKING = ("create", "crud", "reserve", "link", "publish", "complete", "upload", "tune")  # verbs that add things
CREATED = "created_at"  # the column that says since when a row exists


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the system, with its fields as messages carry them."""

    key: str
    fields: Mapping[str, object]  # without the key
    since: float = 0.0  # not before [s since the Unix epoch]
    until: float = 0.0  # made at the latest [s since the Unix epoch]


class Knowledge:
    """A design's folder, read.

    Parameters
    ----------
    folder
        With ``design.json``, ``intent.yaml`` and ``seed/``.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.design: Design = load(Design, (folder / "design.json").read_bytes(), schema=SCHEMA)
        except OSError as error:
            raise InvalidDesign(
                f"{folder}: no design here: {error.strerror}", hint="make one with `telic design`"
            ) from error
        self.intent: Intent = intents.read(folder / "intent.yaml")
        self.folder = folder
        self._things: dict[str, dict[str, Thing]] = {}
        self._popular: dict[str, tuple[Thing, ...]] = {}
        self._maps: dict[str, Map] = {}

    def read(self) -> None:
        """Read the seed of every entity now and not when it is first asked for."""
        for each in self.intent.entities:
            self.popular(each.name)
            if any(field.type.base == "geo" for field in each.fields):
                self.map(each.name)

    @cached_property
    def offered(self) -> Mapping[str, ServiceOperation]:
        """What users may ask of the entry service, by name."""
        return {each.name: each for each in self.design.service(self.design.entry).operations}

    def serving(self, operation: Operation) -> tuple[ServiceOperation, ...]:
        """Return what the entry service offers for an operation of the intent."""
        found = tuple(
            each
            for each in self.offered.values()
            if any(name == operation.id or name.startswith(f"{operation.id}.") for name in each.derives)
        )
        if not found:
            raise InvalidDesign(
                f"{self.design.system}: {self.design.entry} offers nothing for {operation.id} {operation.name}",
                hint="generate the design again from its intent",
            )
        return found

    def bound(self, workload: str) -> float:
        """Return how soon an answer is good [s]: the strictest latency objective, those under `workload` first."""
        latencies = [each for each in self.design.objectives if each.sli == "latency" and each.below > 0]
        stated = [each for each in latencies if each.under == workload] or latencies
        return min((each.below for each in stated), default=float("inf"))

    def things(self, entity: str) -> Mapping[str, Thing]:
        """Return the seed's things of an entity by key."""
        if entity not in self._things:
            self._things[entity] = {each.key: each for each in self._read(self.intent.entity(entity))}
        return self._things[entity]

    def popular(self, entity: str) -> tuple[Thing, ...]:
        """Return the same things, the most popular first; who is popular is the same in every run."""
        if entity not in self._popular:
            ordered = list(self.things(entity).values())
            random.Random(f"popular/{entity}").shuffle(ordered)
            self._popular[entity] = tuple(ordered)
        return self._popular[entity]

    def map(self, entity: str) -> Map:
        """Return where the seed's things of an entity are."""
        if entity not in self._maps:
            field = self.field_of(entity, "geo")
            places = ((each.key, point_of(each.fields[field.name])) for each in self.things(entity).values())
            self._maps[entity] = Map(places)
        return self._maps[entity]

    def field_of(self, entity: str, base: str) -> Field:
        """Return the entity's first field of a base type."""
        return next(each for each in self.intent.entity(entity).fields if each.type.base == base)

    def grows(self, entity: str) -> bool:
        """Whether users can make things of this entity, so that there may be others than the seed's."""
        owner = self.intent.entity(entity).owner
        return any(
            (each.on == entity and each.kind in MAKING)
            or each.deliver.partition(".")[0] == entity
            or each.calls.partition(".")[0] == owner
            for each in self.intent.operations
        )

    def _read(self, entity: EntityType) -> list[Thing]:
        tables = [each for each in self.design.service(entity.owner).tables if each.key == (entity.key,)]
        files = [self.folder / "seed" / f"{entity.owner}.{each.name.rpartition('.')[2]}.jsonl" for each in tables]
        return [
            _thing(entity, msgspec.json.decode(line))
            for file in files
            if file.is_file()
            for line in file.read_bytes().splitlines()
            if line.strip()
        ]


def point_of(value: object) -> Point:
    """Return the place in a message; far from everything when it is none."""
    if isinstance(value, dict):
        lat, lon = value.get("lat"), value.get("lon")
        if isinstance(lat, int | float) and isinstance(lon, int | float):
            return Point(float(lat), float(lon))
    return Point(-90.0, 0.0)


def _thing(entity: EntityType, row: Mapping[str, object]) -> Thing:
    fields = {each.name: _message_value(each, row) for each in entity.fields if each.type.base != "secret"}
    since = _moment(row.get(CREATED))
    return Thing(str(row[entity.key]), fields, since, since)


def _message_value(field: Field, row: Mapping[str, object]) -> object:
    """Return a field as messages carry it, from the columns of a row."""
    name = field.name
    if field.type.base == "ref":
        return row.get(f"{name}_id", row.get(name))
    if field.type.base == "geo" and f"{name}_lat" in row:
        return {"lat": row[f"{name}_lat"], "lon": row[f"{name}_lon"]}
    if field.type.base == "daterange" and f"{name}_start" in row:
        return {"start": row[f"{name}_start"], "end": row[f"{name}_end"]}
    return row.get(name)


def _moment(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return 0.0
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
