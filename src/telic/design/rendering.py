"""The templates of generated files, and the words they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jinja2

from telic.design import python, sql
from telic.design.archetypes.reserve import Reservation
from telic.design.naming import CLASSES, camel, column, snake
from telic.design.parts import Part
from telic.design.plan import PARTS, EntityPlan, OperationPlan, ServicePlan

PORTS = {
    "runtime": "Runtime",
    "clock": "Clock",
    "ids": "Ids",
    "tokens": "Tokens",
    "background": "Background",
    "queue": "Queue",
}
"""Constructor arguments that the runtime gives, and their types."""


def environment(rows: Mapping[str, int]) -> jinja2.Environment:
    """Return the environment of all templates; undefined names are errors.

    Parameters
    ----------
    rows
        How many there are of each entity [1], for the cost of statements.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("telic.design"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is Python and SQL
    )
    filters: dict[str, Callable[..., object]] = {
        "camel": camel,
        "snake": snake,
        "column": column,
        "uncapitalised": lambda text: text[:1].lower() + text[1:],
        "wired": wired,
        "private": lambda need: f"self._{need}",
        "parameters": lambda needs, service: ", ".join(f"{each}: {port(each, service)}" for each in needs),
        "sql": sql.literal,
        "sql_name": sql.sql_name,
        "select_list": sql.select_list,
        "insert": sql.insert,
        "insert_many": sql.insert_many,
        "update": sql.update,
        "release": sql.release,
        "where": sql.where,
        "from_row": python.from_row,
        "values_of": python.values_of,
        "is_changeable": lambda entity, attribute: sql.is_changeable(entity, attribute.name),
        "changed_values": changed_values,
        "settle_request": settle_request,
        "client": lambda name: f"{camel(name)}Client",
        "rows": lambda entity: rows[entity.name],
        "handler": lambda plan: handler_name(plan.name, frozenset(rows)),
    }
    made.filters.update(filters)
    made.globals["extra"] = extra_columns
    return made


def wired(need: str) -> str:
    """Return the expression of a constructor argument where a service is put together."""
    if need == "queue":
        return "runtime.queue()"
    return f"runtime.{need}" if need in PORTS and need != "runtime" else need


def handler_name(operation: str, entities: frozenset[str]) -> str:
    """Return the class that does an operation; it must not hide an entity or what handlers import.

    Examples
    --------
    >>> handler_name("pay", frozenset({"Bill"})), handler_name("bill", frozenset({"Bill"}))
    ('Pay', 'BillOperation')
    """
    name = camel(operation)
    return f"{name}Operation" if name in entities or name in CLASSES else name


def port(need: str, service: ServicePlan) -> str:
    """Return the type of a constructor argument."""
    return (
        PORTS.get(need)
        or PARTS.get(need)
        or (f"{camel(service.name)}Store" if need == "store" else f"{camel(need)}Client")
    )


def extra_columns(part: Part) -> list[str]:
    """Return the hidden columns that an insert fills."""
    facts = part.facts
    reservation, secret = facts.get("reservation"), facts.get("secret")
    held = ["held_until"] if isinstance(reservation, Reservation) and reservation.hold else []
    return held + ([f"{secret}_hash"] if secret else []) + (["request_key"] if facts.get("keyed") else [])


def changed_values(entity: EntityPlan) -> list[str]:
    """Return the expressions of an update's parameters, None where nothing was given."""
    found = []
    for attribute in entity.attributes:
        if sql.is_changeable(entity, attribute.name):
            value = f"changes.{attribute.name}"
            plain = python.to_columns(attribute, value)
            found += plain if plain == [value] else [f"None if {value} is None else {each}" for each in plain]
    return found


def settle_request(called: OperationPlan, entity: EntityPlan) -> str:
    """Return the expression of the request that a transition sends to the service that does its step."""
    copied = called.facts["copied"]
    assert isinstance(copied, list)
    given = [f"{called.facts['link']}={entity.one}.{entity.key}"]
    given += [f"{each}={entity.one}.{each}" for each in copied]
    if called.facts["money"]:
        given.append(f"{called.facts['money']}={entity.one}.{amount_of(entity)}")
    return f"{called.request}({', '.join(given)})"


def amount_of(entity: EntityPlan) -> str:
    """Return the name of the only public field of an entity that is money."""
    return next(each.name for each in entity.attributes if each.type.base == "money")
