"""Brings rows of a source into groups in total order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.errors import UsageError
from telic.opportunities.kernels import cluster
from telic.opportunities.kernels.cluster_sort import sort_groups
from telic.opportunities.kernels.compiled import THREADS, ranges, side_by_side
from telic.opportunities.kernels.keys import mix_all
from telic.opportunities.model import Codes, Ints
from telic.opportunities.store.pieces import Piece

pa: Any = pyarrow
Numbers = npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]

ROWS_MAX = 1 << 32  # a row's number has 32 bits [1]
PARTITION = 8_192  # rows of a partition: with what is made of them they fit into a core's cache [1]
PARTITIONS_MAX = 4_096
SPREAD = 4  # whole numbers are dense where their range is at most so many times their count [1]


@dataclass(frozen=True)
class Clustered:
    """Events by group.

    Parameters
    ----------
    names, at, order : shape (E,)
        Name, time and number of the row of each event.
    offsets : shape (G + 1,)
        Where each group begins.
    """

    names: Codes
    at: Ints
    order: Numbers
    offsets: Ints


def by_number(
    pieces: Sequence[Piece],
    tables: Sequence[Codes],
    between: tuple[int, int],
    *,
    order: bool = True,
    threads: int = THREADS,
) -> tuple[Clustered, Ints]:
    """Cluster rows whose groups are dense whole numbers; return also the number of each group, ascending.

    Parameters
    ----------
    between
        The least and the greatest of them.
    """
    least, most = between
    total = sum(piece.size for piece in pieces)
    runs = _runs(pieces, threads)
    cursors = np.zeros((len(runs), most - least + 1), np.uint32)  # at first how many rows each has

    def count(run: int) -> None:
        for n in runs[run]:
            cluster.count_dense(pieces[n].keys, least, cursors[run])

    side_by_side(count, range(len(runs)), threads)
    room = min(total, most - least + 1)
    offsets, numbers = np.empty(room + 1, np.int64), np.empty(room, np.int64)
    groups = int(cluster.begin_dense(cursors, least, offsets, numbers))
    offsets, numbers = offsets[: groups + 1], numbers[:groups]
    timed = any(len(piece.at) for piece in pieces)
    made = _room(total, timed, order or timed)

    def place(run: int) -> None:
        for n in runs[run]:
            piece = pieces[n]
            cluster.place(
                piece.keys, piece.at, piece.names, tables[n], piece.kept, piece.first, least, cursors[run],
                made.names, made.at, made.order,
            )  # fmt: skip

    side_by_side(place, range(len(runs)), threads)
    if timed:
        _sort(made, offsets, threads)
    return Clustered(made.names, made.at, made.order, offsets), numbers


def by_key(
    pieces: Sequence[Piece], tables: Sequence[Codes], *, order: bool = True, threads: int = THREADS
) -> tuple[Clustered, Words]:
    """Cluster rows by key; groups are in an order that only their keys decide.

    Parameters
    ----------
    order
        Whether numbers of rows are wanted; without them, less is moved.

    Returns
    -------
    Clustered
        Without `order` where nobody wants it.
    Words
        The mixed key of each group, shape (G,).
    """
    total = sum(piece.size for piece in pieces)
    bits = max(1, min(PARTITIONS_MAX.bit_length() - 1, (max(total, 1) // PARTITION).bit_length()))
    shift = np.uint64(64 - bits)
    counts = np.zeros((len(pieces), 1 << bits), np.int64)

    def count(n: int) -> None:
        piece = pieces[n]
        if piece.keys.dtype != np.uint64:
            mixed = np.empty(piece.size, np.uint64)
            mix_all(piece.keys, mixed)
            piece.keys = mixed
        cluster.count_upper(piece.keys, shift, counts[n])

    side_by_side(count, range(len(pieces)), threads)
    sizes = counts.sum(axis=0)
    begins = np.concatenate([[0], np.cumsum(sizes)])
    cursors = begins[:-1] + np.cumsum(counts, axis=0) - counts
    least, span = _span(pieces)
    low = max(1, max(len(table) and int(table.max()) for table in tables).bit_length())
    lean = not order and span.bit_length() + low <= 64
    rows = np.empty((total, 2 if lean else 3), np.uint64)

    def scatter(n: int) -> None:
        piece = pieces[n]
        if lean:
            cluster.scatter_lean(
                piece.keys, piece.at, piece.names, tables[n], least, np.uint64(low), shift, cursors[n], rows
            )
            return
        at = piece.at if len(piece.at) else np.zeros(piece.size, np.int64)
        cluster.scatter(piece.keys, at, piece.names, tables[n], piece.kept, piece.first, shift, cursors[n], rows)

    side_by_side(scatter, range(len(pieces)), threads)
    made, most = _room(total, True, not lean), int(sizes.max(initial=0))
    lengths, keys = np.empty(total, np.uint32), np.empty(total, np.uint64)
    runs = ranges(begins, threads)

    def settle(run: tuple[int, int]) -> int:
        slots = np.zeros(1 << max(4, (2 * most - 1).bit_length()), np.int32)
        scratch = np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most, np.int64)
        part = begins[run[0] : run[1] + 1]
        if lean:
            held = np.empty((3, most), np.uint64)
            return int(
                cluster.group_lean(
                    rows, part, slots, *scratch, least, np.uint64(low), made.names, made.at, lengths, keys, held
                )
            )
        spare = np.empty((3, most), np.int64)
        return int(cluster.group(rows, part, slots, *scratch, made.names, made.at, made.order, lengths, keys, spare))

    found = side_by_side(settle, runs, threads)
    each = [slice(begins[first], begins[first] + count) for (first, _), count in zip(runs, found, strict=True)]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([lengths[run] for run in each]), dtype=np.int64)])
    return Clustered(made.names, made.at, made.order, offsets), np.concatenate([keys[run] for run in each])


def _span(pieces: Sequence[Piece]) -> tuple[int, int]:
    """Return the earliest time and how far the latest is from it; (0, 0) where nobody asked for times."""
    some = [piece.at for piece in pieces if len(piece.at)]
    if not some:
        return 0, 0
    least = min(int(at.min()) for at in some)
    return least, max(int(at.max()) for at in some) - least


def bounds(pieces: Sequence[Piece], threads: int = THREADS) -> tuple[int, int]:
    """Return the least and the greatest whole number; (0, -1) where there are no rows."""
    some = [piece.keys for piece in pieces if piece.size]
    if not some:
        return 0, -1
    each = side_by_side(lambda keys: (int(keys.min()), int(keys.max())), some, threads)
    return min(least for least, _ in each), max(most for _, most in each)


def dense(pieces: Sequence[Piece], threads: int = THREADS) -> tuple[int, int] | None:
    """Return `bounds` where groups are whole numbers close enough to each other to be counted in place."""
    if any(piece.keys.dtype == np.uint64 for piece in pieces):
        return None
    least, most = bounds(pieces, threads)
    close = most - least < SPREAD * sum(piece.size for piece in pieces) + 1_024
    return (least, most) if close else None


def check_rows(rows: int, where: str) -> None:
    """Refuse more rows than numbers of rows.

    Raises
    ------
    UsageError
        There are 2^32 or more.
    """
    if rows >= ROWS_MAX:
        raise UsageError(f"{where} has {rows:,} rows", hint="at most 4,294,967,295 at once; add the rest with extend")


def _room(total: int, timed: bool, order: bool) -> Clustered:
    at = np.empty(total, np.int64) if timed else np.zeros(total, np.int64)
    rows = np.empty(total if order else 0, np.uint32)
    return Clustered(np.empty(total, np.int32), at, rows, np.zeros(1, np.int64))


def _runs(pieces: Sequence[Piece], threads: int) -> list[range]:
    """Cut pieces into at most `threads` runs with about as many rows each."""
    ends = np.cumsum([0, *(piece.size for piece in pieces)])
    return [range(first, last) for first, last in ranges(ends, threads)]


def _sort(made: Clustered, offsets: Ints, threads: int) -> None:
    most = int(np.diff(offsets).max(initial=0))

    def sort(run: tuple[int, int]) -> None:
        spare = np.empty((3, most), np.int64)
        sort_groups(made.names, made.at, made.order, offsets, *run, spare)

    side_by_side(sort, ranges(offsets, threads), threads)
