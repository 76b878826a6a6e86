"""What the scanners of all signals share: the body that is read, the columns that are filled, and room in them."""

from __future__ import annotations

from typing import NamedTuple

from telic.telemetry.otlp.scan.wire import UNUSUAL, Array, Whole, compiled, span_of

PAIRS = 512  # attributes of one thing, and events, and links; the plain reader takes more [1]
TAKEN = 4  # attributes with columns of their own, at most [1]


class Body(NamedTuple):
    """An export request and what is known of it before its things are read.

    Attributes
    ----------
    data
        The request, uint8[n].
    things, count
        Group, begin and end of every thing, as `wire.outline` lists them; int64[`count` or more, 3].
    tails, tails_at
        What stands at the end of the attributes of every group, and where in `tails` it begins.
    base
        Number of the body's first group among those of the columns.
    received
        When it came [ns since the Unix epoch].
    """

    data: Array
    things: Array
    count: Whole
    tails: Array
    tails_at: Array
    base: Whole
    received: Whole


class Rows(NamedTuple):
    """Columns with room for rows.

    Attributes
    ----------
    text, offsets, used
        Text columns, the last one the attributes: bytes, one column after the other; Arrow offsets within the column;
        where the next byte of each goes.
    room
        Of each text column [bytes].
    numbers, doubles, codes
        Whole numbers, numbers and small codes: int64, float64 and int8, each [columns, rows].
    groups
        Group of every row.
    """

    text: Array
    offsets: Array
    used: Array
    room: Whole
    numbers: Array
    doubles: Array
    codes: Array
    groups: Array


class Scratch(NamedTuple):
    """Memory that every thing is read with.

    Attributes
    ----------
    pairs, events, links
        Begin and end of repeated parts, int64[`PAIRS`, 2].
    stack
        Of nested values.
    taken
        Begin and end of what columns hold instead of the attributes, int64[`TAKEN`, 2].
    """

    pairs: Array
    events: Array
    links: Array
    stack: Array
    taken: Array


@compiled
def keep(data: Array, at: int, end: int, parts: Array, count: int) -> Whole:
    """Note where one more of the repeated `parts` lies; return what follows it, `UNUSUAL` where there are too many."""
    if count >= PAIRS:
        return UNUSUAL
    parts[count, 0], at = span_of(data, at, end)
    parts[count, 1] = at
    return at


@compiled
def has_room(rows: Rows, row: int, texts: int, attributes: int) -> bool:
    """Whether a row fits that writes at most `texts` bytes into every text column and `attributes` into the last."""
    last = len(rows.used) - 1
    if row >= len(rows.groups) or len(rows.text) - rows.used[last] < attributes:
        return False
    for column in range(last):  # noqa: SIM110 - numba compiles the loop
        if (column + 1) * rows.room - rows.used[column] < texts:
            return False
    return True


@compiled
def end_row(rows: Rows, row: int, group: int) -> None:
    """Note where the texts of a row end, and who sent it."""
    for column in range(len(rows.used)):
        rows.offsets[column, row + 1] = rows.used[column] - column * rows.room
    rows.groups[row] = group
