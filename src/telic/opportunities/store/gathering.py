"""Reads what clustering needs of a source, piece by piece, and clusters it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow

from telic.errors import NotEnoughData
from telic.opportunities.kernels.compiled import THREADS, ranges, side_by_side
from telic.opportunities.kernels.gathered import number_rows
from telic.opportunities.kernels.keys import differing
from telic.opportunities.model import Codes, Exclusion, Ints
from telic.opportunities.read.columns import SAMPLE, Columns
from telic.opportunities.read.source import Source
from telic.opportunities.read.text import labels, one, texts
from telic.opportunities.read.times import Times, times
from telic.opportunities.store.clustering import Clustered, bounds, by_key, by_number, check_rows, dense
from telic.opportunities.store.ids import Ids, at_rows, unpacked
from telic.opportunities.store.pieces import Piece, read_piece

pa: Any = pyarrow
Progress = Callable[[float], None]
_NO_ZONE = "a time without a zone among times with one"


@dataclass(frozen=True)
class Gathered:
    """Events in groups and what of the rows is not among them."""

    clustered: Clustered
    labels: tuple[str, ...]
    along: tuple[str, ...]
    groups: Ids
    exclusions: tuple[Exclusion, ...]


def gather(
    source: Source,
    columns: Columns,
    *,
    ordered: bool = False,
    order: bool = True,
    along: str = "",
    threads: int = THREADS,
    progress: Progress | None = None,
) -> Gathered:
    """Read a source's groups, times and names, and cluster them.

    Parameters
    ----------
    ordered
        Whether rows are known to be in order of time; times are not read then.
    order
        Whether numbers of rows are wanted.
    along
        An attribute that goes along with the names, in their lower bits.
    """
    sizes = list(source.sizes)
    check_rows(sum(sizes), source.name)
    firsts = np.cumsum([0, *sizes]).tolist()
    clock = None if ordered or not columns.time else _clock(source, columns.time)
    done = [0]

    def read(piece: int, digits: bool = True) -> Piece:
        made = read_piece(source, columns, clock, piece, firsts[piece], digits=digits, along=along)
        done[0] += sizes[piece]
        if progress is not None:
            progress(min(1.0, done[0] / firsts[-1]))
        return made

    pieces = side_by_side(read, range(len(sizes)), threads)
    if len({piece.digits for piece in pieces}) > 1:  # not all of them are digits, or of one length
        pieces = side_by_side(lambda piece: read(piece, False), range(len(sizes)), threads)
    _leave_zoneless(pieces)
    if not any(piece.size for piece in pieces):
        lost = "; ".join(f"{count:,} with {why}" for why, count in _lost(pieces).items())
        raise NotEnoughData(f"{source.name} has no usable row{f': {lost}' if lost else ''}", hint="check the columns")
    names, others, tables, odd = _together(pieces)
    clustered, groups = _cluster(pieces, tables, order=order and not ordered, threads=threads)
    exclusions = [*source.exclusions]
    exclusions += [
        Exclusion("rows", count, why, tuple(piece.examples[why] for piece in pieces if why in piece.examples)[:3])
        for why, count in _lost(pieces).items()
    ]
    if odd:
        exclusions.append(Exclusion("names", len(odd), "not UTF-8; shown with \\x escapes", tuple(odd[:3])))
    return Gathered(clustered, names, others, groups, tuple(exclusions))


def _clock(source: Source, name: str) -> Times | None:
    return times(source.schema.field(name).type, one(source.head(SAMPLE).column(name)))


def _leave_zoneless(pieces: Sequence[Piece]) -> None:
    without = sum(int(piece.unzoned.sum()) for piece in pieces)
    if 0 < without < sum(len(piece.unzoned) for piece in pieces):
        for piece in pieces:
            if len(piece.unzoned):
                piece.drop(piece.unzoned, _NO_ZONE)


def _lost(pieces: Sequence[Piece]) -> Counter[str]:
    total: Counter[str] = Counter()
    for piece in pieces:
        total.update(piece.lost)
    return total


def bits_of(values: Sequence[str]) -> int:
    """Return how many bits an attribute takes beside a name; one value more stands for none."""
    return len(values).bit_length()


def _together(
    pieces: Sequence[Piece],
) -> tuple[tuple[str, ...], tuple[str, ...], list[Codes], list[str]]:
    """Return all names, all values that go along, what each piece's codes are, and what was not UTF-8."""
    numbers: dict[str, int] = {}
    others: dict[str, int] = {}
    own, odd = [], []
    for piece in pieces:
        shown, strange = labels(piece.labels)
        along, odd_too = labels(piece.along) if piece.along is not None else ([], [])
        own.append(([numbers.setdefault(name, len(numbers)) for name in shown], [others.setdefault(each, len(others)) for each in along]))  # fmt: skip  # noqa: E501
        odd.extend([*strange, *odd_too])
    bits, tables = bits_of(tuple(others)), []
    for piece, (names, along_) in zip(pieces, own, strict=True):
        codes = np.asarray(names or [0], np.int32)
        if piece.along is not None:
            codes = ((codes[:, None] << bits) | np.asarray([*along_, len(others)], np.int32)).ravel()
        tables.append(codes)
    return tuple(numbers), tuple(others), tables, sorted(set(odd))


def _cluster(pieces: Sequence[Piece], tables: Sequence[Codes], *, order: bool, threads: int) -> tuple[Clustered, Ids]:
    between = dense(pieces, threads)
    if between is not None:
        made, numbers = by_number(pieces, tables, between, order=order, threads=threads)
        return made, Ids(len(numbers), lambda: pa.array(numbers))
    hashed = any(piece.keys.dtype == np.uint64 and not piece.digits for piece in pieces)
    digits = max(piece.digits for piece in pieces)
    made, keys = by_key(pieces, tables, order=order or hashed, threads=threads)
    if not hashed:
        return made, Ids(len(keys), lambda: unpacked(keys, digits))
    if _collided(pieces, made, threads):
        _number_exactly(pieces)
        made, _ = by_number(pieces, tables, bounds(pieces, threads), order=True, threads=threads)
    firsts = made.order[made.offsets[:-1]].astype(np.int64)
    return made, Ids(len(firsts), lambda: at_rows(pieces, firsts))


def _collided(pieces: Sequence[Piece], made: Clustered, threads: int) -> bool:
    """Whether two different texts were taken for one group."""
    rows = pieces[-1].first + len(pieces[-1].groups)
    numbers = np.full(rows, -1, np.int32)
    side_by_side(
        lambda run: number_rows(made.order, made.offsets, *run, numbers), ranges(made.offsets, threads), threads
    )
    standing = at_rows(pieces, made.order[made.offsets[:-1]].astype(np.int64))
    stand = texts(standing)

    def wrong(piece: Piece) -> int:
        own: Ints | Codes = numbers[piece.first : piece.first + len(piece.groups)]
        array = piece.groups
        if pa.types.is_dictionary(array.type):
            indices = np.asarray(array.indices.fill_null(0) if array.indices.null_count else array.indices)
            of_text = np.full(len(array.dictionary), -1, np.int32)
            of_text[indices[own >= 0]] = own[own >= 0]
            array, own = array.dictionary, of_text
        lie = texts(array)
        return int(differing(lie.offsets, lie.address, own, stand.offsets, stand.address))

    return any(side_by_side(wrong, pieces, threads))


def _number_exactly(pieces: Sequence[Piece]) -> None:
    """Number groups by their texts, compared byte by byte, instead of by their hashes."""
    column = pa.chunked_array([_plain(piece.groups) for piece in pieces])
    encoded = column.dictionary_encode().combine_chunks()
    indices = np.asarray(encoded.indices.fill_null(0)).astype(np.int64)
    for piece in pieces:
        own = indices[piece.first : piece.first + len(piece.groups)]
        piece.keys = own[piece.kept] if len(piece.kept) else own


def _plain(array: Any) -> Any:
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array
