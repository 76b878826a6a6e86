"""SQL of generated stores: built from plans, written as Python text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from telic.design.archetypes.reserve import Reservation
from telic.design.naming import column
from telic.design.plan import Column, EntityPlan, ServicePlan, TablePlan

LONGEST = 100  # characters of one line of SQL in generated code [1]


def literal(text: str) -> str:
    """Return SQL as Python string literals, one a line, that together are one line of SQL."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, LONGEST, break_long_words=False, break_on_hyphens=False)
    return "\n".join(repr(line + ("" if number == len(lines) - 1 else " ")) for number, line in enumerate(lines))


def sql_name(table: TablePlan | tuple[str, str]) -> str:
    """Return ``schema.table``, quoted where PostgreSQL needs it."""
    schema, name = (table.service, table.name) if isinstance(table, TablePlan) else table
    return f"{column(schema)}.{column(name)}"


def shown(entity: EntityPlan) -> list[Column]:
    """Return the columns that are read back: those of public fields but a grid cell, which only indexes use."""
    return [
        each
        for attribute in entity.attributes
        for each in (attribute.columns[:2] if attribute.type.base == "geo" else attribute.columns)
    ]


def select_list(entity: EntityPlan) -> str:
    """Return the columns to read an entity from."""
    return ", ".join(each.sql for each in shown(entity))


def insert(entity: EntityPlan, extra: Sequence[str], once: str = "", email: str = "") -> str:
    """Return the INSERT of an entity and `extra` columns.

    With columns that may be there once only (``request_key`` or `once`), it returns the row that is there afterwards.
    An `email` that is there already is no error, which would be logged with the address, but inserts nothing.
    """
    names = [*(each.sql for each in entity.columns), *extra]
    values = ", ".join(f"${number + 1}" for number in range(len(names)))
    text = f"INSERT INTO {sql_name(entity.table)} ({', '.join(names)})\nVALUES ({values})"
    if email:
        return f"{text}\nON CONFLICT ({column(email)}) DO NOTHING"
    conflict = once or ("request_key" if "request_key" in extra else "")
    if conflict:
        first = conflict.partition(",")[0]
        text += f"\nON CONFLICT ({conflict}) DO UPDATE SET {first} = EXCLUDED.{first}"
    return f"{text}\nRETURNING {select_list(entity)}"


def update(entity: EntityPlan, secret: str, email: str = "") -> str:
    """Return the UPDATE that changes what is not NULL; nothing where somebody else has the `email`."""
    names = [each.sql for each in changeable_columns(entity)] + ([f"{secret}_hash"] if secret else [])
    changes = ", ".join(f"{name} = COALESCE(${number + 2}, {name})" for number, name in enumerate(names))
    guard = ""
    if email:
        number = names.index(column(email)) + 2
        guard = (
            f"\nAND NOT EXISTS (SELECT 1 FROM {sql_name(entity.table)} AS other"
            f" WHERE other.{column(email)} = ${number} AND other.{entity.key} <> $1)"
        )
    changed = f"UPDATE {sql_name(entity.table)} SET {changes}\nWHERE {entity.key} = $1{guard}"
    return f"{changed}\nRETURNING {select_list(entity)}"


def changeable_columns(entity: EntityPlan) -> list[Column]:
    """Return the columns of the fields that a request may change."""
    return [
        each for attribute in entity.attributes if is_changeable(entity, attribute.name) for each in attribute.columns
    ]


def is_changeable(entity: EntityPlan, name: str) -> bool:
    """Whether a user may change a public field: the intent has it, and it is no state."""
    return any(each.name == name and each.type.base != "state" for each in entity.entity.fields)


def insert_many(entity: EntityPlan) -> str:
    """Return the INSERT of many entities, a parameter a column; those that are there already are left alone."""
    names = [each.sql for each in entity.columns]
    types = [each.type.partition(" NOT NULL")[0].lower() for each in entity.columns]
    arrays = ", ".join(f"${number + 1}::{kind}[]" for number, kind in enumerate(types))
    return (
        f"INSERT INTO {sql_name(entity.table)} ({', '.join(names)})\nSELECT * FROM unnest({arrays})\n"
        "ON CONFLICT DO NOTHING"
    )


def release(facts: Reservation, service: ServicePlan) -> str:
    """Return the statement that gives stock back, its rows locked in the order in which they were taken."""
    table = sql_name((service.name, facts.stock_table))
    thing = f"{facts.thing}_id"
    if not facts.days:
        return f"UPDATE {table} AS stock SET taken = stock.taken - $2\nWHERE stock.{thing} = $1"
    return (
        f"WITH locked AS (SELECT day FROM {table}\n"
        f"WHERE {thing} = $1 AND day >= $2 AND day < $3 ORDER BY day FOR UPDATE)\n"
        f"UPDATE {table} AS stock SET taken = stock.taken - $4\n"
        f"FROM locked WHERE stock.{thing} = $1 AND stock.day = locked.day"
    )


def where(names: Sequence[str]) -> str:
    """Return the condition that references have the values of the first parameters."""
    return " AND ".join(f"{name}_id = ${number + 1}" for number, name in enumerate(names))
