"""Rows of the store's own tables, asked for in SQL: what the sources have in common that keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from telic.model import Window
from telic.telemetry.columns import TABLES
from telic.telemetry.sources.card import ENTITY, TIME, Question, Signal
from telic.telemetry.sources.rows import NAMES, TEXTS, Row
from telic.telemetry.sources.times import slices

OFFERS: tuple[Signal, ...] = ("metrics", "logs", "spans")
SLICES = 8  # parts of the window with a share of the limit each, so that a storm does not hide the rest of it
LISTED_MAX = 800  # of one filter in a URL; longer ones are applied here [characters]
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
    share = max(1, question.limit.rows // SLICES)
    for part in slices(question.window, SLICES):
        found = ask(select(question, part, share + 1, dialect, database), share + 1)
        if len(found) > share:
            what = "spans of a sample of the traces" if question.signal == "spans" else "rows"
            cut.append(f"{question.signal}: {share} {what} of every {part.seconds:g} s were taken; there are more")
        for values in found[:share]:
            yield row_of(question.signal, values)


def select(question: Question, part: Window, limit: int, dialect: Dialect, database: str = "") -> str:
    """Return the SELECT for a part of the window; numbers come as text, so that none loses a digit."""
    signal, time = question.signal, TIME[question.signal]
    kinds = TABLES[signal][:-1]  # when a row arrived is no business of who asks
    columns = (f"t.{name}" if kind == "VARCHAR" else dialect.text.format(f"t.{name}") for name, kind in kinds)
    said = [f"t.{time} >= {round(part.start * 1e9)}", f"t.{time} < {round(part.end * 1e9)}"]
    for column, wanted in ((ENTITY[signal], question.entities), (NAMES.get(signal, ""), question.names)):
        listed = ", ".join(map(dialect.quoted, wanted))
        if column and wanted and len(quote(listed)) <= LISTED_MAX:
            said.append(f"t.{column} IN ({listed})")
    if question.contains and signal in TEXTS and len(quote(question.contains)) <= LISTED_MAX:
        said.append(dialect.holds.format(f"t.{TEXTS[signal]}", dialect.quoted(question.contains)))
    order = dialect.shuffled if signal == "spans" else f"t.{time}"
    where = f"{database}.{signal}" if database else signal
    return f"SELECT {', '.join(columns)} FROM {where} AS t WHERE {' AND '.join(said)} ORDER BY {order} LIMIT {limit}"


def row_of(signal: Signal, values: Sequence[object]) -> Row:
    """Return a row of the store; raise `ValueError` where a value is none of its column's."""
    made: Row = {}
    for (name, kind), value in zip(TABLES[signal][:-1], values, strict=True):
        if kind == "VARCHAR":
            made[name] = "" if value is None else str(value)
        elif value is not None:
            made[name] = float(str(value)) if kind == "DOUBLE" else int(str(value))
        else:
            made[name] = None
    return made
