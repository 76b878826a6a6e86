"""From an entity of the intent to its message fields and its table."""

from __future__ import annotations

from collections.abc import Sequence

from telic.design.naming import plural, snake
from telic.design.plan import Attribute, Column, EntityPlan, Index, TablePlan
from telic.errors import InvalidDesign
from telic.model.intent import EntityType, FieldType

SQL_TYPES = {
    "str": "TEXT",
    "email": "TEXT",
    "enum": "TEXT",
    "state": "TEXT",
    "float": "DOUBLE PRECISION",
    "bool": "BOOLEAN",
    "money": "BIGINT",
    "date": "DATE",
    "duration": "DOUBLE PRECISION",
}
"""Types of one column; money is kept in minor units, durations in seconds."""


MAX_INTEGER = 2**31 - 1  # what PostgreSQL's INTEGER holds


def columns_of(name: str, kind: FieldType) -> tuple[Column, ...]:
    """Return the columns that a field of type `kind` takes.

    Examples
    --------
    >>> [each.name for each in columns_of("loc", FieldType("geo"))]
    ['loc_lat', 'loc_lon', 'loc_cell']
    """
    if kind.base == "ref":
        return (Column(f"{name}_id", "TEXT NOT NULL"),)
    if kind.base == "geo":
        real = "DOUBLE PRECISION NOT NULL"
        return (Column(f"{name}_lat", real), Column(f"{name}_lon", real), Column(f"{name}_cell", "INTEGER NOT NULL"))
    if kind.base == "daterange":
        return (Column(f"{name}_start", "DATE NOT NULL"), Column(f"{name}_end", "DATE NOT NULL"))
    if kind.base == "secret":
        return (Column(f"{name}_hash", "TEXT NOT NULL"),)
    if kind.base == "int":
        small = kind.maximum is not None and kind.maximum <= MAX_INTEGER
        return (Column(name, "INTEGER NOT NULL" if small else "BIGINT NOT NULL"),)
    return (Column(name, f"{SQL_TYPES[kind.base]} NOT NULL"),)


def entity_plan(
    entity: EntityType, derived: Sequence[Attribute], hidden: Sequence[Column], indexes: Sequence[Index]
) -> EntityPlan:
    """Return an entity with its key, its fields, the `derived` fields and the `hidden` columns of its archetypes.

    Fields of type ``secret`` are hidden: they have a column and no message ever carries them out.
    """
    key = Attribute(entity.key, FieldType("ref", target=entity.name), (Column(entity.key, "TEXT NOT NULL"),))
    public = [
        Attribute(each.name, each.type, columns_of(each.name, each.type))
        for each in entity.fields
        if each.type.base != "secret"
    ]
    secrets = [
        each for field in entity.fields if field.type.base == "secret" for each in columns_of(field.name, field.type)
    ]
    attributes = (key, *public, *derived)
    created = Column("created_at", "TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()")
    inside = (*secrets, *dict.fromkeys(hidden), created)
    columns = (*(each for attribute in attributes for each in attribute.columns), *inside)
    names = [each.name for each in columns]
    for twice in (name for name in names if names.count(name) > 1):
        raise InvalidDesign(f"{entity.name}: two columns are called {twice}", hint="rename the field in the intent")
    table = TablePlan(
        service=entity.owner,
        name=plural(snake(entity.name)),
        columns=columns,
        key=(entity.key,),
        indexes=tuple(dict.fromkeys(indexes)),
        about=f"every {entity.name}",
    )
    one = snake(entity.name)
    return EntityPlan(entity, entity.name, one, plural(one), attributes, inside, table)
