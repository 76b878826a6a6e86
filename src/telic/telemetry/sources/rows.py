"""Rows of a source into the columns of the store: filtered, bounded, counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow

from telic.errors import UsageError
from telic.registry import near_names
from telic.telemetry.sources.blocks import Block, empty_of
from telic.telemetry.sources.blocks import table_of as blocks_table
from telic.telemetry.sources.card import ENTITY, SCHEMAS, TIME, Columns, Exhausted, Question, Signal

pa: Any = pyarrow

Row = dict[str, object]
Rows = Iterator[Row | Block]
NAMES = {"metrics": "name", "spans": "name", "events": "reason", "alerts": "name", "entities": "name"}
TEXTS = {"logs": "body", "events": "text", "changes": "summary", "alerts": "text"}
NOT_A_NUMBER = "the value is no number (NaN)"
_I64 = 2**63


def no_such_signal(kind: str, signal: str, offers: Iterable[str]) -> UsageError:
    """Return the error for a signal that a source does not offer."""
    return UsageError(f"{kind} has no {signal}", hint=near_names(signal, list(offers)))


def collect(question: Question, rows: Iterable[Row | Block]) -> tuple[Columns, list[str]]:
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
    kept = _Kept(question)
    signal, most = question.signal, question.limit.rows
    cut: list[str] = []
    try:
        for row in rows:
            if isinstance(row, Block):
                kept.add_block(row)
            else:
                kept.add(row)
            if kept.count > most:
                cut.append(f"{signal}: stopped at the limit of {most} rows; there are more")
                break
    except Exhausted as error:
        if not kept.count:
            raise
        cut.append(f"{signal}: incomplete, {error}")
    cut += [f"{signal}: {count} rows left out: {reason}" for reason, count in kept.dropped.items()]
    return kept.table(most), cut


class _Kept:
    """Rows that match a question, and how many were left out for a fault.

    Parameters
    ----------
    question
        What is asked.
    """

    def __init__(self, question: Question) -> None:
        self._signal, self._matches = question.signal, _matcher(question)
        self._window = round(question.window.start * 1e9), round(question.window.end * 1e9)
        self._time = TIME.get(question.signal, "")
        self.rows: list[Row] = []
        self.blocks: list[Block] = []
        self.dropped: dict[str, int] = {}
        self.count = 0

    def add(self, row: Row) -> None:
        """Take one row, if it matches."""
        if reason := _fault(row):
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
        elif self._matches(row):
            self.rows.append(row)
            self.count += 1

    def add_block(self, block: Block) -> None:
        """Take the rows of a block that match: the head as a row, times and values at once."""
        block = block.within(self._time, *self._window)
        if not len(block) or not self._matches({**block.head, self._time: self._window[0]}):
            return
        if reason := _fault(dict(block.head)):
            self.dropped[reason] = self.dropped.get(reason, 0) + len(block)
            return
        if "value" in block.columns and (wrong := np.isnan(block.columns["value"])).any():
            self.dropped[NOT_A_NUMBER] = self.dropped.get(NOT_A_NUMBER, 0) + int(wrong.sum())
            block = block.only(~wrong)
        if len(block):
            self.blocks.append(block)
            self.count += len(block)

    def table(self, most: int) -> Columns:
        """Return at most `most` of what was kept, oldest first."""
        rows, blocks = rows_table(self._signal, self.rows[:most]), self.blocks
        left = most - rows.num_rows
        if sum(map(len, blocks)) > left:
            share = left / max(1, sum(map(len, blocks)))
            blocks = [each.only(slice(0, int(len(each) * share))) for each in blocks]  # type: ignore[arg-type]
            blocks = [each for each in blocks if len(each)]
        if not blocks:
            return rows
        table = blocks_table(self._signal, blocks)
        return pa.concat_tables([rows, table]).sort_by(self._time) if rows.num_rows else table


def rows_table(signal: Signal, rows: Iterable[Row]) -> Columns:
    """Return `rows` as the table of `signal`, oldest first; what a row does not say is empty."""
    schema, found = SCHEMAS[signal], list(rows)
    if (time := TIME.get(signal)) is not None:
        found.sort(key=lambda row: row[time])  # type: ignore[arg-type,return-value]
    arrays = [
        pa.array([row.get(field.name, empty) for row in found], field.type)
        for field, empty in zip(schema, map(empty_of, schema), strict=True)
    ]
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
        return NOT_A_NUMBER
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
