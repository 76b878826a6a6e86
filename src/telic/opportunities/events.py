"""The events of a source: read, prepared, and what they are called in sentences and in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from telic.opportunities.ask import Ask, Progress
from telic.opportunities.model import Exclusion, Prepared
from telic.opportunities.plan import Table, file_relation
from telic.opportunities.read import Columns, columns, open_source
from telic.opportunities.read.columns import ALIASES, plain
from telic.opportunities.record import Guess

_ROLES = ("time", "event", "group", "user")


def events_of(ask: Ask, heard: Progress) -> tuple[Prepared, Table, Columns]:
    """Return the prepared events of a source, what they are called in SQL, and what its columns were taken for."""
    from telic.opportunities.store import prepare

    heard("read", 0.0)
    source = open_source(ask.source)
    taken = columns(source, overrides=overrides(ask, source.schema.names), by=kind(ask.by))
    prepared = prepare(
        source,
        taken,
        home=ask.home / "prepared",
        grouping=noun(ask, taken),
        progress=lambda share: heard("prepare", share),
    )
    return without_copies(prepared), table_of(ask.source, source.schema, taken), taken


def overrides(ask: Ask, names: Iterable[str]) -> dict[str, str]:
    """Return what was said of columns; `by` may be the name of a column."""
    given = dict(ask.columns)
    if ask.by in set(names):
        given.setdefault("group", ask.by)
    return given


def kind(by: str) -> str:
    """Return what kind of group is asked for, "" where `by` is a column."""
    return by if by in ("session", "case", "request", "user") else ""


def noun(ask: Ask, taken: Columns) -> str:
    """Return what a group is called in sentences and in KPIs."""
    if kind(ask.by):
        return ask.by
    if not taken.group:
        return "row"
    if taken.group == "run_id":
        return "run"
    for each in ("session", "case", "request", "user"):
        if plain(taken.group) in ALIASES[each] or each in taken.group.lower():
            return each
    return "group"


def guesses(taken: Columns) -> tuple[Guess, ...]:
    """Return what each column was taken for, and why."""
    roles = [(role, getattr(taken, role)) for role in _ROLES]
    found = [Guess(role, name or "none", taken.why.get(role, "")) for role, name in roles]
    for role, names in (("attributes", taken.attributes), ("numbers", taken.numbers)):
        if names:
            found.append(Guess(role, ", ".join(names), taken.why.get(role, "")))
    return tuple(found)


def without_copies(prepared: Prepared) -> Prepared:
    """Return the events without attributes that say nothing but the event's name in each row."""
    names, copies = np.asarray(prepared.names.codes), []
    for name, column in prepared.of_events.items():
        table = np.full(len(prepared.names.labels), -1, dtype=np.int32)
        table[names] = column.codes
        if len(column.labels) == len(prepared.names.labels) and np.array_equal(table[names], column.codes):
            copies.append(name)
    if not copies:
        return prepared
    left = Exclusion("column", len(copies), "says what the event's name says", tuple(copies))
    kept = {name: column for name, column in prepared.of_events.items() if name not in copies}
    return replace(prepared, of_events=kept, exclusions=(*prepared.exclusions, left))


def table_of(address: str, schema: Any, taken: Columns) -> Table:
    """Return what the events are called in SQL: a file by the function that reads it, a table by its name."""
    name = address.split("::")[-1] if "::" in address else address.rpartition("#")[2] if "#" in address else "events"
    return Table(
        relation=file_relation(address) or name,
        group=taken.group or "group",
        user=taken.user,
        time=taken.time or "time",
        name=taken.event or "event",
        unit=_unit(schema, taken.time),
    )


def _unit(schema: Any, column: str) -> str:
    """Return how a time is stored."""
    kind = str(schema.field(column).type) if column else ""
    return "ns" if kind.startswith("int") else "timestamp"
