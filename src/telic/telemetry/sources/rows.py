"""Rows of a source into the columns of the store: filtered, bounded, counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import pyarrow
import pyarrow.compute

from telic.errors import UsageError
from telic.registry import near_names
from telic.telemetry.sources.card import ENTITY, SCHEMAS, TIME, Answer, Columns, Exhausted, Question, Signal
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.visit import Visit

pa: Any = pyarrow

Row = dict[str, object]
Rows = Iterator[Row]
Asking = Callable[[Visit, Question], Rows]
NAMES = {"metrics": "name", "spans": "name", "events": "reason", "alerts": "name", "entities": "name"}
TEXTS = {"logs": "body", "events": "text", "changes": "summary", "alerts": "text"}
_I64 = 2**63


def ask(place: Place, question: Question, askers: Mapping[Signal, Asking]) -> Answer:
    """Ask an HTTP source: run the function of the signal and take its rows until a limit is reached."""
    asker = askers.get(question.signal)
    if asker is None:
        raise no_such_signal(place.kind, question.signal, askers)
    with Visit(place, question.limit) as visit:
        table, cut = collect(question, asker(visit, question))
        return Answer(table, tuple(dict.fromkeys((*visit.cut, *cut))), tuple(visit.queries), visit.bytes)


def no_such_signal(kind: str, signal: str, offers: Iterable[str]) -> UsageError:
    """Return the error for a signal that a source does not offer."""
    return UsageError(f"{kind} has no {signal}", hint=near_names(signal, list(offers)))


def collect(question: Question, rows: Iterable[Row]) -> tuple[Columns, list[str]]:
    """Take `rows` that match `question` until its limit of rows; say what was left out.

    Returns
    -------
    table, cut
        The columns of the signal, oldest first; sentences.

    Raises
    ------
    Exhausted
        Bytes or time ran out before the first row.
    """
    kept: list[Row] = []
    cut: list[str] = []
    dropped: dict[str, int] = {}
    matches = _matcher(question)
    most = question.limit.rows
    try:
        for row in rows:
            if reason := _fault(row):
                dropped[reason] = dropped.get(reason, 0) + 1
            elif matches(row):
                if len(kept) >= most:
                    cut.append(f"{question.signal}: stopped at the limit of {most} rows; there are more")
                    break
                kept.append(row)
    except Exhausted as error:
        if not kept:
            raise
        cut.append(f"{question.signal}: incomplete, {error}")
    cut += [f"{question.signal}: {count} rows left out: {reason}" for reason, count in dropped.items()]
    return table_of(question.signal, kept), cut


def table_of(signal: Signal, rows: Iterable[Row]) -> Columns:
    """Return `rows` as the table of `signal`, oldest first; what a row does not say is empty."""
    schema, found = SCHEMAS[signal], list(rows)
    if (time := TIME.get(signal)) is not None:
        found.sort(key=lambda row: row[time])  # type: ignore[arg-type,return-value]
    arrays = []
    for field in schema:
        empty = "" if field.type == pa.string() else 0 if field.name.endswith("_ns") else None
        name = field.name
        arrays.append(pa.array([row.get(name, empty) for row in found], field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def text_of(values: Mapping[str, object]) -> str:
    """Return an ``attributes`` column: members without a value are left out."""
    return msgspec.json.encode({name: value for name, value in values.items() if value not in ("", None)}).decode()


def _fault(row: Row) -> str:
    """Return why a row cannot be kept, or ""."""
    for value in row.values():
        if type(value) is int and not -_I64 <= value < _I64:
            return "a number is out of range"
        if type(value) is str and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return "a text is no Unicode"
    value = row.get("value")
    if isinstance(value, float) and math.isnan(value):
        return "the value is no number (NaN)"
    return ""


def _matcher(question: Question) -> Callable[[Row], bool]:
    start, end = round(question.window.start * 1e9), round(question.window.end * 1e9)
    time, entity = TIME.get(question.signal), ENTITY.get(question.signal)
    name, text = NAMES.get(question.signal), TEXTS.get(question.signal)
    own, alerts = question.query != "", question.signal == "alerts"
    entities = frozenset() if own else frozenset(question.entities)
    names = frozenset() if own else frozenset(question.names)
    contains = "" if own else question.contains

    def matches(row: Row) -> bool:
        if time is not None:
            begun = int(row[time])  # type: ignore[call-overload]
            lasts = alerts and (row.get("end_ns") or end)  # one that began before and still fires belongs to the window
            if begun >= end or (begun < start and not (lasts and int(str(lasts)) >= start)):
                return False
        if entities and entity is not None and row.get(entity) not in entities:
            return False
        if entities and entity is None and entities.isdisjoint((row.get("caller"), row.get("callee"))):
            return False
        if names and name is not None and row.get(name) not in names:
            return False
        return not (contains and text is not None and contains not in str(row.get(text, "")))

    return matches
