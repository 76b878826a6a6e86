"""Rows of the store's own tables, and what log events mean, asked for in SQL: what the sources share that keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from telic.model import Window
from telic.telemetry.columns import TABLES
from telic.telemetry.sources.card import ENTITY, TIME, Question, Signal
from telic.telemetry.sources.log_events import CHANGES, DEPLOYED, FIRING, RESOLVED, alerts_of, change_of
from telic.telemetry.sources.rows import NAMES, TEXTS, Row
from telic.telemetry.sources.times import slices

OFFERS: tuple[Signal, ...] = ("metrics", "logs", "spans", "changes", "alerts")
SLICES = 8  # parts of the window with a share of the limit each, so that a storm does not hide the rest of it
LISTED_MAX = 800  # of one filter in a URL; longer ones are applied here [characters]
NEAR = 86_400.0  # how long before a window an alert may have begun, and how long after it ended [s]
NOTIFICATIONS = 100_000  # records of alerts that are read for one answer, at most two a row of its limit [1]
Ask = Callable[[str, int], Sequence[Sequence[object]]]
"""Run one SELECT that finds at most so many rows."""


@dataclass(frozen=True)
class Dialect:
    """How a kind of server writes what the kinds do not agree on.

    Attributes
    ----------
    text
        A column as text; absent stays absent.
    shuffled
        An order by trace in which the first rows are a fair sample of all.
    holds
        Whether a text holds another.
    escapes
        What stands in a text for what cannot.
    """

    text: str
    shuffled: str
    holds: str
    escapes: Mapping[str, str]

    def quoted(self, text: str) -> str:
        """Return a text as SQL has it."""
        return "'" + "".join(self.escapes.get(each, each) for each in text) + "'"


def rows(question: Question, dialect: Dialect, ask: Ask, cut: list[str], *, database: str = "") -> Iterator[Row]:
    """Yield what a question asks for; say in `cut` where there is more.

    Where a part of the window has more spans than its share of the limit, those of a fair sample of its traces come.
    """
    if question.signal == "alerts":
        yield from alerts_of(_notifications(question, dialect, ask, cut, database))
        return
    share = max(1, question.limit.rows // SLICES)
    for part in slices(question.window, SLICES):
        found = ask(select(question, part, share + 1, dialect, database), share + 1)
        if len(found) > share:
            what = "spans of a sample of the traces" if question.signal == "spans" else "rows"
            cut.append(f"{question.signal}: {share} {what} of every {part.seconds:g} s were taken; there are more")
        for values in found[:share]:
            row = row_of(_table(question.signal), values)
            if question.signal != "changes":
                yield row
            elif change := change_of(row):
                yield change


def select(question: Question, part: Window, limit: int, dialect: Dialect, database: str = "") -> str:
    """Return the SELECT for a part of the window; numbers come as text, so that none loses a digit."""
    signal, table = question.signal, _table(question.signal)
    time = TIME[table]
    said = [f"t.{time} >= {round(part.start * 1e9)}", f"t.{time} < {round(part.end * 1e9)}"]
    said += _listed(f"t.{ENTITY[table]}", question.entities, dialect)
    if signal == table:
        said += _listed(f"t.{NAMES.get(signal, '')}", question.names if signal in NAMES else (), dialect)
        if question.contains and signal in TEXTS and len(quote(question.contains)) <= LISTED_MAX:
            said.append(dialect.holds.format(f"t.{TEXTS[signal]}", dialect.quoted(question.contains)))
    else:
        said.append(_is_change(dialect))
    order = dialect.shuffled if signal == "spans" else f"t.{time}"
    where = f"{database}.{table}" if database else table
    columns = ", ".join(_columns(table, dialect))
    return f"SELECT {columns} FROM {where} AS t WHERE {' AND '.join(said)} ORDER BY {order} LIMIT {limit}"


def row_of(table: str, values: Sequence[object]) -> Row:
    """Return a row of the store; raise `ValueError` where a value is none of its column's."""
    made: Row = {}
    for (name, kind), value in zip(TABLES[table][:-1], values, strict=True):
        if kind == "VARCHAR":
            made[name] = "" if value is None else str(value)
        elif value is not None:
            made[name] = float(str(value)) if kind == "DOUBLE" else int(str(value))
        else:
            made[name] = None
    return made


def _notifications(question: Question, dialect: Dialect, ask: Ask, cut: list[str], database: str) -> Iterator[Row]:
    """Yield the records of alerts in and near the window, each once: those known by its end first, newest first."""
    window, most = question.window, min(NOTIFICATIONS, 2 * question.limit.rows)
    said = [
        f"t.time_ns >= {round((window.start - NEAR) * 1e9)}",
        f"t.time_ns < {round((window.end + NEAR) * 1e9)}",
        *_listed("t.service", question.entities, dialect),
        f"t.event_name IN ({dialect.quoted(FIRING)}, {dialect.quoted(RESOLVED)})",
    ]
    where = f"{database}.logs" if database else "logs"
    names = ", ".join(f"t.{name} AS {name}" for name, _ in TABLES["logs"][:-1])
    once = f"SELECT DISTINCT {names} FROM {where} AS t WHERE {' AND '.join(said)}"
    order = f"t.time_ns >= {round(window.end * 1e9)}, t.time_ns DESC"
    columns = ", ".join(_columns("logs", dialect))
    found = ask(f"SELECT {columns} FROM ({once}) AS t ORDER BY {order} LIMIT {most + 1}", most + 1)
    if len(found) > most:
        cut.append(f"alerts: {most} notifications were read, those before the window's end first; there are more")
    for values in found[:most]:
        yield row_of("logs", values)


def _table(signal: Signal) -> Signal:
    """Return the table that holds a signal: changes are log events."""
    return "logs" if signal == "changes" else signal


def _columns(table: str, dialect: Dialect) -> Iterator[str]:
    for name, kind in TABLES[table][:-1]:  # when a row arrived is no business of who asks
        yield f"t.{name}" if kind == "VARCHAR" else dialect.text.format(f"t.{name}")


def _listed(column: str, wanted: Sequence[str], dialect: Dialect) -> list[str]:
    """Return the condition that a column is one of the texts; none where none is wanted, or too many for a URL."""
    listed = ", ".join(map(dialect.quoted, wanted))
    return [f"{column} IN ({listed})"] if wanted and len(quote(listed)) <= LISTED_MAX else []


def _is_change(dialect: Dialect) -> str:
    """Return the condition that holds for every log event that may be a change."""
    held = [dialect.holds.format("t.attributes", dialect.quoted(f'"{name}":')) for name, _ in DEPLOYED]
    named = ", ".join(map(dialect.quoted, CHANGES))
    return f"(t.event_name IN ({named}) OR (t.event_name <> '' AND ({' OR '.join(held)})))"
