"""A piece of a source on its way into groups: keys, times and names of its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.compute

from telic.opportunities.kernels.gathered import join_codes
from telic.opportunities.kernels.keys import hash_texts, pack_digits
from telic.opportunities.model import Codes, Ints
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.pages import WORTH
from telic.opportunities.read.source import Source
from telic.opportunities.read.text import as_text, coded, one, texts
from telic.opportunities.read.times import Times

pa: Any = pyarrow
pc: Any = pyarrow.compute
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int8] | npt.NDArray[np.int16] | npt.NDArray[np.int32]
_NO_GROUP, _NO_NAME, _NO_TIME = "no group", "no event name", "no time that can be read"
DIGITS_MAX = 16  # hexadecimal digits that a key of 64 bits holds [1]
_NO_ROWS: Ints = np.zeros(0, np.int64)


@dataclass
class Piece:
    """Rows of one piece.

    Parameters
    ----------
    first
        Number of its first row in the source.
    keys : shape (N,)
        Group of each row: the number itself (int64, or int32), or what `digits` says (uint64).
    digits
        How many hexadecimal digits the texts of groups have, all of them, where keys are the numbers that they say; 0
        where keys are hashes of texts, which several may share.
    at, names : shape (N,)
        Time and name, the name as an index into `labels`.
    kept : shape (N,)
        Which rows of the piece these are; empty where all.
    groups
        The column of groups as it was read, all rows; None where keys say it all.
    unzoned : shape (N,)
        Rows whose time was written without a zone, where times are text; else empty.
    along
        Values of the attribute that goes along with names: `names` is then the name times one more than there are of
        them, plus the attribute, the last one standing for none.
    """

    first: int
    keys: Ints | Codes | Words
    at: Ints
    names: Small
    labels: Any
    kept: Ints
    groups: Any
    unzoned: Mask
    lost: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    digits: int = 0
    along: Any = None

    def drop(self, mask: Mask, why: str) -> None:
        """Leave out rows."""
        count = int(mask.sum())
        if not count:
            return
        self.lost[why] += count
        rows = self.kept if len(self.kept) else np.arange(len(mask), dtype=np.int64)
        stay = ~mask
        self.kept, self.keys, self.names = rows[stay], self.keys[stay], self.names[stay]
        self.at = self.at[stay] if len(self.at) else self.at
        self.unzoned = self.unzoned[stay] if len(self.unzoned) else self.unzoned

    @property
    def size(self) -> int:
        """Rows that stay."""
        return len(self.keys)


def read_piece(
    source: Source,
    columns: Columns,
    times: Times | None,
    piece: int,
    first: int,
    *,
    digits: bool = True,
    along: str = "",
) -> Piece:
    """Read what clustering needs of a piece.

    Parameters
    ----------
    digits
        Whether texts that are hexadecimal digits become the numbers that they say.
    times
        How times are read; None where rows are in order already.
    first
        Number of its first row.
    along
        An attribute of few values that is read with the names, "" for none.
    """
    ready = source.ids(piece, columns.group) if digits and columns.group else None
    wanted = [columns.group if ready is None else "", columns.event, along, columns.time if times else ""]
    table = source.read(piece, [name for name in dict.fromkeys(wanted) if name], encoded=True)
    rows = source.sizes[piece]
    groups = as_text(one(table.column(columns.group))) if columns.group and ready is None else None
    if groups is not None and digits:
        ready = _digits(groups)
    size, keys = ready or (0, _keys(groups) if groups is not None else np.arange(first, first + rows, dtype=np.int64))
    names, labels = (
        coded(table.column(columns.event)) if columns.event else (np.zeros(rows, np.int32), pa.array(["row"]))
    )
    made = Piece(first, keys, _NO_ROWS, names, labels, _NO_ROWS, groups, np.zeros(0, np.bool_))
    if along:
        _take_along(made, table.column(along))
    bad: Mask | None = None
    if times is not None:
        column = one(table.column(columns.time))
        read = times.read(column)
        made.at, bad = read.at, read.bad
        made.unzoned = ~read.zoned if len(read.zoned) else read.zoned
        if bad.any():
            made.examples[_NO_TIME] = str(column[int(np.flatnonzero(bad)[0])].as_py())
    _leave_out(made, groups, bad)
    made.digits = size
    if size or made.keys.dtype != np.uint64:
        made.groups = None  # memory for what keys say
    return made


def _take_along(made: Piece, column: Any) -> None:
    codes, made.along = coded(column)
    width = len(made.along) + 1
    narrow = len(made.labels) * width < 1 << 15
    together: Small = np.empty(len(codes), np.int16) if narrow else np.empty(len(codes), np.int32)
    join_codes(made.names, codes, width, together)
    made.names = together


def _digits(groups: Any) -> tuple[int, Words] | None:
    """Return texts as numbers, and how many digits each has, where all are hexadecimal digits of one length."""
    kind = groups.type
    if not len(groups) or groups.null_count or pa.types.is_dictionary(kind) or pa.types.is_integer(kind):
        return None
    lie = texts(groups)
    size = int(lie.offsets[1] - lie.offsets[0])
    found = np.empty(len(groups), np.uint64)
    if 0 < size <= DIGITS_MAX and pack_digits(lie.offsets, lie.address, np.uint64(size), WORTH, found):
        return size, found
    return None


def _leave_out(made: Piece, groups: Any, bad: Mask | None) -> None:
    if groups is not None and groups.null_count:
        missing = np.asarray(groups.is_null(), np.bool_)
        made.drop(missing, _NO_GROUP)
        bad = bad[~missing] if bad is not None else None
    if len(made.names) and made.names.min() < 0:
        missing = made.names < 0
        made.drop(missing, _NO_NAME)
        bad = bad[~missing] if bad is not None else None
    if bad is not None and bad.any():
        made.drop(bad, _NO_TIME)


def _keys(groups: Any) -> Ints | Words:
    if pa.types.is_dictionary(groups.type):
        if not len(groups.dictionary):
            return np.zeros(len(groups), np.int64)
        indices = np.asarray(groups.indices.fill_null(0) if groups.null_count else groups.indices)
        keys: Ints | Words = _keys(groups.dictionary)[indices]
        return keys
    if pa.types.is_integer(groups.type):
        whole = groups.fill_null(0) if groups.null_count else groups
        return np.asarray(whole).astype(np.int64, copy=False)
    found = np.empty(len(groups), np.uint64)
    hash_texts(*texts(groups), found)
    return found
