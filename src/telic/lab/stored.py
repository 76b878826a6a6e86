"""What a local system keeps, read from its database as the entities of the intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

import asyncpg

from telic.errors import StoreFailed
from telic.model import Design
from telic.model.intent import EntityType, Field
from telic.worlds.local import postgres
from telic.worlds.local.database import quoted
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout


@dataclass(frozen=True)
class Days:
    """Days from `start` to the one before `end`."""

    start: date
    end: date

    @property
    def dates(self) -> list[date]:
        """Each of the days."""
        return [self.start + timedelta(days=number) for number in range((self.end - self.start).days)]


async def things(layout: Layout, design: Design, entity: EntityType) -> Sequence[object]:
    """Return every thing of an entity, with the entity's fields as attributes; secrets and places are left out.

    Raises
    ------
    StoreFailed
        No table holds the entity, or the database does not answer, or refuses: what is wrong with a system may be
        that the table is not there any more.
    """
    database = await postgres.connect(layout, _port(layout), database=design.system)
    try:
        return await kept(database, design, entity)
    finally:
        await database.close()


async def kept(database: asyncpg.Connection, design: Design, entity: EntityType) -> Sequence[object]:
    """Return the same over a connection of the database's owner."""
    owner = design.service(entity.owner)
    table = next((each for each in owner.tables if each.key == (entity.key,) and entity.key in each.columns), None)
    if table is None:
        raise StoreFailed(f"no table of {owner.name} holds {entity.name}", hint="is it kept elsewhere?")
    try:
        rows = await database.fetch(f"SELECT * FROM {quoted(f'{owner.name}.{table.name}')}")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreFailed(
            f"{owner.name}.{table.name} cannot be read: {error}", hint="is the table still there?"
        ) from error
    return [thing(entity, dict(each)) for each in rows]


def _port(layout: Layout) -> int:
    desired = load_desired(layout.desired)
    if desired is None or "postgres" not in desired.stores:
        raise StoreFailed("no database runs", hint="start the system first")
    return desired.stores["postgres"]


def thing(entity: EntityType, row: Mapping[str, object]) -> object:
    """Return a row as a thing.

    Examples
    --------
    >>> from telic.model.intent import EntityType, Field, FieldType
    >>> review = EntityType("Review", "review_id", (Field("hotel", FieldType("ref", "Hotel")),), "review")
    >>> thing(review, {"review_id": "r1", "hotel_id": "h1"})
    namespace(review_id='r1', hotel='h1')
    """
    named = {entity.key: row[entity.key]}
    for each in entity.fields:
        found = _value(each, row)
        if found is not None:
            named[each.name] = found
    return SimpleNamespace(**named)


def _value(each: Field, row: Mapping[str, object]) -> object:
    if each.type.base == "daterange":
        start, end = row.get(f"{each.name}_start"), row.get(f"{each.name}_end")
        return Days(start, end) if isinstance(start, date) and isinstance(end, date) else None
    return row.get(each.name, row.get(f"{each.name}_id"))
