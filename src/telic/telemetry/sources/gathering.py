"""Everything that several sources know of a window, and what is missing from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow

from telic.errors import TelicError
from telic.model import Window
from telic.telemetry.sources.card import SCHEMAS, SIGNALS, TIME, Answer, Columns, Limit, Question, Signal, Source
from telic.telemetry.sources.connections import connect
from telic.telemetry.sources.times import rfc3339

pa: Any = pyarrow
EXPECTED: tuple[Signal, ...] = ("metrics", "logs", "spans", "changes")  # worth a word where nobody offers them
WORDS = {"spans": "traces"}
POINTS = 5  # points of metrics for every row of the limit: they are small


@dataclass(frozen=True)
class Gathered:
    """What sources answered, put together.

    Parameters
    ----------
    window, baseline
        The incident, and a stretch before it that may serve as its baseline.
    tables
        By signal, every one of them, with the columns of `SCHEMAS`; both windows in one table.
    missing
        What is not there and why, a sentence each: sources that failed, signals that nobody offers, what was cut off.
    queries
        The requests that were made, by source, secrets hidden.
    """

    window: Window
    baseline: Window | None
    tables: Mapping[Signal, Columns]
    missing: tuple[str, ...] = ()
    queries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    """One question and what came of it."""

    source: Source
    question: Question
    answer: Answer | None
    error: TelicError | None


def gather(
    sources: Sequence[Source],
    window: Window,
    *,
    baseline: Window | None = None,
    entities: Sequence[str] = (),
    limit: Limit | None = None,
) -> Gathered:
    """Ask all `sources` for all that they offer, each source in a thread of its own.

    Nothing that a source does ends this: a failure is a sentence in ``missing``, and the others' answers stay.

    Parameters
    ----------
    window
        The incident.
    baseline
        Asked for as well, with a limit of its own.
    entities
        Services that matter; none means all.
    limit
        Bounds on every single answer (a signal of a source in a window); of metrics five times as many rows.
    """
    bounds = limit or Limit()
    windows = [each for each in (baseline, window) if each is not None]
    if not sources:
        return Gathered(window, baseline, _together([]), ("nothing was asked: no source was named",))
    with ThreadPoolExecutor(len(sources), "source") as pool:
        asked = [each for some in pool.map(lambda one: _ask(one, windows, entities, bounds), sources) for each in some]
    queries: dict[str, tuple[str, ...]] = {}
    for each in asked:
        if each.answer is not None:
            queries[each.source.where] = queries.get(each.source.where, ()) + each.answer.queries
    tables = connect(_together(asked))
    return Gathered(window, baseline, tables, tuple(_missing(sources, asked, window)), queries)


def _ask(one: Source, windows: Sequence[Window], entities: Sequence[str], limit: Limit) -> list[_Asked]:
    found = []
    for signal in one.offers:
        timeless = signal in ("entities", "edges")
        for window in windows[-1:] if timeless else windows:
            rows = limit.rows * (POINTS if signal == "metrics" else 1)
            question = Question(signal, window, entities=tuple(entities), limit=replace(limit, rows=rows))
            try:
                found.append(_Asked(one, question, one.fetch(question), None))
            except TelicError as error:
                found.append(_Asked(one, question, None, error))
    return found


def _together(asked: Sequence[_Asked]) -> dict[Signal, Columns]:
    tables: dict[Signal, Columns] = {}
    for signal in SIGNALS:
        found = [each.answer.table for each in asked if each.answer is not None and each.question.signal == signal]
        table = pa.concat_tables([SCHEMAS[signal].empty_table(), *found])
        if signal not in ("metrics", "logs"):  # several sources, or both windows, may have the same thing
            keys = ["trace_id", "span_id", "kind"] if signal == "spans" else table.schema.names
            table = _distinct(table, keys)
        tables[signal] = table if len(found) < 2 or signal not in TIME else table.sort_by(TIME[signal])
    return tables


def _distinct(table: Columns, keys: Sequence[str]) -> Columns:
    """Return the first of the rows that are equal in `keys`, in their order."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for number, key in enumerate(zip(*(table[name].to_pylist() for name in keys), strict=True)):
        if key not in seen:
            seen.add(key)
            kept.append(number)
    return table if len(kept) == table.num_rows else table.take(kept)


def _missing(sources: Sequence[Source], asked: Sequence[_Asked], window: Window) -> list[str]:
    said: dict[str, None] = {}
    for each in asked:
        signal, where = WORDS.get(each.question.signal, each.question.signal), each.source.where
        when = "" if each.question.window == window else " for the baseline"
        if each.error is not None:
            said[f"no {signal}{when}: {each.error} ({each.error.hint})"] = None
        elif each.answer is not None:
            if not each.answer.table.num_rows and each.question.signal in EXPECTED:
                asking = each.question.window
                said[f"no {signal} at {where} from {rfc3339(asking.start)} to {rfc3339(asking.end)}"] = None
            said.update(dict.fromkeys(f"{where}: {cut}{when}" for cut in each.answer.cut))
    offered = {signal for each in sources for signal in each.offers}
    for signal in EXPECTED:
        if signal not in offered:
            said[f"no {WORDS.get(signal, signal)}: none of the sources has them"] = None
    return list(said)
