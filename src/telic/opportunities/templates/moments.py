"""What happened elsewhere and when: stretches of time, given or read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from telic.errors import SourceFailed, UsageError
from telic.opportunities.plan import MINUTE, READERS, Node, any_of, at, bins, equals, file_relation


@dataclass(frozen=True)
class Stretch:
    """A stretch of time, its end not in it [ns since the epoch]."""

    start: int
    end: int


def moment(text: str) -> int:
    """Return a time [ns since the epoch] from ISO 8601; without a zone it is UTC.

    Examples
    --------
    >>> moment("1970-01-01T00:01:00")
    60000000000
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time: {error}", hint="write 2026-03-01T10:00:00+00:00") from error
    whole = found.replace(microsecond=0, tzinfo=found.tzinfo or UTC)
    return int(whole.timestamp()) * 1_000_000_000 + found.microsecond * 1_000


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time as stretches that do not touch, in order.

    Examples
    --------
    >>> joined([Stretch(5, 7), Stretch(1, 3), Stretch(2, 5)])
    [Stretch(start=1, end=7)]
    """
    found: list[Stretch] = []
    for each in sorted(stretches, key=lambda stretch: (stretch.start, stretch.end)):
        if each.end <= each.start:
            continue
        if found and each.start <= found[-1].end:
            found[-1] = Stretch(found[-1].start, max(found[-1].end, each.end))
        else:
            found.append(each)
    return found


def inside(column: Node, stretches: Iterable[Stretch]) -> Node:
    """Return whether a time lies in one of some stretches."""
    edges: list[int] = []
    labels = [""]
    for each in joined(stretches):
        edges += [each.start, each.end]
        labels += ["in", ""]
    return equals(bins(column, edges, labels), "in")


def touching(stretches: Iterable[Stretch]) -> Node:
    """Return whether some event of a group happened in one of some stretches."""
    return any_of(inside(at(), stretches))


def rows_of(path: str, columns: Sequence[str], optional: Mapping[str, str] | None = None) -> list[tuple[object, ...]]:
    """Return some columns of a table in a file; of those that are optional a constant where it has none.

    A column called ``time`` is returned in ns since the epoch.
    """
    import duckdb

    relation = file_relation(path)
    if not relation or not Path(path).is_file():
        what = "no such file" if relation else f"no {', '.join(READERS)}"
        raise UsageError(f"cannot read {path}: {what}", hint="give a table with a column `time`")
    with duckdb.connect() as connection:
        try:
            there = [str(row[0]) for row in connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
            missing = [each for each in columns if each not in there and each not in (optional or {})]
            if missing:
                hint = f"it has {', '.join(there)}"
                raise UsageError(f"{path} has no column {missing[0]!r}", hint=hint)
            chosen = [_chosen(each, there, optional or {}) for each in columns]
            return connection.sql(f"SELECT {', '.join(chosen)} FROM {relation}").fetchall()
        except duckdb.Error as error:
            raise SourceFailed(f"cannot read {path}: {error}", hint="is it a table with a column `time`?") from error


def slots(rows: Iterable[tuple[int, bool]], width: int = MINUTE) -> list[Stretch]:
    """Return the slots of time that hold, from rows of their start [ns] and whether they do."""
    return joined(Stretch(start, start + width) for start, holds in rows if holds)


def _chosen(column: str, there: Sequence[str], optional: Mapping[str, str]) -> str:
    if column not in there:
        return f"'{optional[column]}'"
    return 'epoch_ns(CAST("time" AS TIMESTAMPTZ))' if column == "time" else f'"{column}"'
