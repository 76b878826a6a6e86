"""Growing columns that a compiled scanner fills and Arrow takes over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow

from telic.telemetry.otlp.scan.rows import PAIRS, TAKEN, Body, Rows, Scratch
from telic.telemetry.otlp.scan.values import DEPTH
from telic.telemetry.otlp.scan.wire import FULL, outline
from telic.telemetry.otlp.values import Origin, Remembered

pa: Any = pyarrow
ROWS = 16_384  # of one chunk [1]
TEXT = 8 << 20  # of one text column of a chunk [bytes]
EXPANDED_MAX = 192 << 20  # what one body may become [bytes]
SPARE = 8  # buffers that are kept between commits: memory that was touched is not cleared again [1]
FIRST = 1024  # things and groups that a body is expected to have [1]


class TooLarge(ValueError):
    """A body whose rows repeat so much text that they would not fit into memory."""


@dataclass(frozen=True)
class Layout:
    """How the columns of a signal lie.

    Attributes
    ----------
    texts
        How many text columns; the last one are the attributes.
    numbers, doubles, codes
        How many whole numbers (int64), numbers (float64) and small codes (int8).
    """

    texts: int
    numbers: int
    codes: int
    doubles: int = 0


@dataclass
class Group:
    """Who sent rows: columns and the rest as text, and when it came."""

    origin: Origin
    tail: bytes
    received_ns: int


@dataclass
class Buffers:
    """Columns with room for some rows; the pages that nothing touches take no memory.

    Attributes
    ----------
    rows, text
        Room for rows [1] and for the bytes of each text column [bytes].
    row, groups
        Rows that are filled, and who sent them.
    """

    layout: Layout
    rows: int = ROWS
    text: int = TEXT
    row: int = 0
    groups: list[Group] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape, rows = self.layout, self.rows
        self.bytes = np.empty(self.text * shape.texts, np.uint8)
        self.offsets = np.zeros((shape.texts, rows + 1), np.int32)
        self.begins = np.arange(shape.texts, dtype=np.int64) * self.text
        self.used = self.begins.copy()
        self.numbers = np.empty((max(shape.numbers, 1), rows), np.int64)
        self.doubles = np.empty((max(shape.doubles, 1), rows), np.float64)
        self.codes = np.empty((max(shape.codes, 1), rows), np.int8)
        self.group = np.empty(rows, np.int32)
        written = self.numbers, self.doubles, self.codes, self.group
        self.columns = Rows(self.bytes, self.offsets, self.used, self.text, *written)

    def text_column(self, index: int) -> Any:
        """Return a text column as Arrow has it; nothing is copied."""
        offsets = pa.py_buffer(self.offsets[index, : self.row + 1])
        data = pa.py_buffer(self.bytes[self.begins[index] : self.used[index]])
        return pa.StringArray.from_buffers(self.row, offsets, data)

    def of_group(self, values: Sequence[object], kind: Any) -> Any:
        """Return a column that has one value for all rows of a group."""
        return pa.DictionaryArray.from_arrays(pa.array(self.group[: self.row]), pa.array(values, kind)).cast(kind)

    def of_code(self, index: int, words: Sequence[str]) -> Any:
        """Return a column of words of which there are few."""
        codes = pa.array(self.codes[index, : self.row])
        return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string())).cast(pa.string())

    def clear(self) -> None:
        """Begin anew."""
        self.row = 0
        self.used[:] = self.begins
        self.groups.clear()


Scan = Callable[[Body, Rows, int, Scratch], tuple[int, int, int]]


class Scanner:
    """Runs one compiled scanner over bodies and collects what it fills.

    Parameters
    ----------
    scan
        `spans.scan_spans` or another one of its form.
    layout
        What it fills.
    origins
        The plain reader's memory of resources, so that both say the same.
    take
        Called with buffers that are full; they are used again after `recycle`.
    leave
        Called with what the scanner leaves to the plain reader, and who sent it.
    """

    def __init__(
        self,
        scan: Scan,
        layout: Layout,
        origins: Remembered[bytes, Origin],
        take: Callable[[Buffers], None],
        leave: Callable[[bytes, Group], None] | None = None,
    ) -> None:
        self._scan, self._layout, self._origins, self._take, self._leave = scan, layout, origins, take, leave
        self._buffers = Buffers(layout)
        self._lent: list[Buffers] = []
        self._spare: list[Buffers] = []
        self._groups, self._things = np.empty((FIRST, 4), np.int64), np.empty((FIRST, 3), np.int64)
        pairs, events, links = (np.empty((PAIRS, 2), np.int64) for _ in range(3))
        stack, taken = np.empty((DEPTH + PAIRS, 4), np.int64), np.empty((TAKEN, 2), np.int64)
        self._scratch = Scratch(pairs, events, links, stack, taken)

    def add(self, body: bytes, received_ns: int) -> tuple[int, int] | None:
        """Read one body; return how many things break the format and why, or None where the plain reader has to.

        Raises
        ------
        TooLarge
            The body would become more than `EXPANDED_MAX` bytes; nothing of it was taken.
        """
        data = np.frombuffer(body, np.uint8)
        outlined = self._outline(data)
        if outlined is None:
            return None
        n_groups, n_things = outlined
        groups = [self._group(body, self._groups[index], received_ns) for index in range(n_groups)]
        tails = np.frombuffer(b"".join(each.tail for each in groups) + b"\0", np.uint8)
        ends = np.cumsum([0, *(len(each.tail) for each in groups)]).astype(np.int64)
        while True:
            into = self._buffers
            mark, used = into.row, into.used.copy()
            read = Body(data, self._things, n_things, tails, ends, len(into.groups), received_ns)
            row, rejected, reason = self._scan(read, into.columns, mark, self._scratch)
            if row >= 0:
                into.row = row
                into.groups += groups
                if self._leave is not None:
                    for group, begin, end in self._things[:n_things][self._things[:n_things, 0] < 0].tolist():
                        self._leave(body[begin:end], groups[-1 - group])
                return rejected, reason
            into.used[:] = used
            if row != FULL:
                return None
            self._make_room()

    def flush(self) -> None:
        """Hand over what is there."""
        if self._buffers.row:
            self._take(self._buffers)
            self._lent.append(self._buffers)
            self._buffers = self._spare.pop() if self._spare else Buffers(self._layout)

    def recycle(self) -> None:
        """Use what was handed over again: nobody reads it any more."""
        lent, self._lent = self._lent, []
        for each in lent:
            if each.text == TEXT and len(self._spare) < SPARE:
                each.clear()
                self._spare.append(each)

    def _outline(self, data: Any) -> tuple[int, int] | None:
        while True:
            count, found = outline(data, self._groups, self._things)
            if count >= 0:
                return count, found
            if count != FULL:
                return None
            size = 4 * len(self._things)
            self._groups, self._things = np.empty((size, 4), np.int64), np.empty((size, 3), np.int64)

    def _group(self, body: bytes, at: Any, received_ns: int) -> Group:
        origin = self._origins(body[at[0] : at[1]])
        return Group(origin, origin.tail(body[at[2] : at[3]]), received_ns)

    def _make_room(self) -> None:
        if self._buffers.row:
            self.flush()
            return
        old = self._buffers
        if 4 * old.text > EXPANDED_MAX:
            raise TooLarge(f"its rows would hold more than {EXPANDED_MAX} bytes of text; send smaller batches")
        self._buffers = Buffers(self._layout, rows=4 * old.rows, text=4 * old.text)
