"""Attributes of events and groups: read a column at a time, brought into the order of groups, encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute

from telic.opportunities.kernels.compiled import THREADS, side_by_side
from telic.opportunities.kernels.gathered import first_codes, first_rows, take_codes, take_numbers
from telic.opportunities.kernels.keys import hash_texts, mix_all
from telic.opportunities.model import Codes, Column, Exclusion, Floats, Ints
from telic.opportunities.read.source import Source
from telic.opportunities.read.text import as_text, coded, labels, one, texts
from telic.opportunities.store.clustering import Clustered
from telic.opportunities.store.ids import at_rows
from telic.opportunities.store.pieces import Piece

pa: Any = pyarrow
pc: Any = pyarrow.compute
LABELS_MAX = 10_000  # different values up to which a column is one of categories [1]
MIXED_MAX = 0.01  # share of groups that may have several values of an attribute of groups [1]
_NO_CODES: Codes = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Attribute:
    """A column as groups have it, as events have it, or neither; and what is not in it."""

    of_groups: Column | None = None
    of_events: Column | None = None
    exclusions: tuple[Exclusion, ...] = ()


def category(source: Source, name: str, clustered: Clustered, grouping: str, threads: int = THREADS) -> Attribute:
    """Return a column of categories."""
    by_row = np.empty(sum(source.sizes), np.int32)
    firsts = np.cumsum([0, *source.sizes]).tolist()
    dictionaries: list[Any] = [None] * len(source.sizes)

    def read(piece: int) -> None:
        by_row[firsts[piece] : firsts[piece + 1]], dictionaries[piece] = coded(
            source.read(piece, [name], encoded=True).column(name)
        )

    side_by_side(read, range(len(source.sizes)), threads)
    numbers: dict[str, int] = {}
    odd: list[str] = []
    for piece, dictionary in enumerate(dictionaries):
        if len(dictionary) > LABELS_MAX or len(numbers) > LABELS_MAX:
            why = f"{name}: more than {LABELS_MAX:,} different values"
            return Attribute(exclusions=(Exclusion("column", 1, why),))
        shown, strange = labels(dictionary)
        odd.extend(strange)
        table = np.asarray([*(numbers.setdefault(label, len(numbers)) for label in shown), -1], np.int32)
        own = by_row[firsts[piece] : firsts[piece + 1]]
        if not np.array_equal(table[:-1], np.arange(len(shown))):
            own[:] = table[own]
    codes = np.empty(len(clustered.order), np.int32)
    take_codes(by_row, clustered.order, codes)
    said = (
        (Exclusion("values", len(set(odd)), f"{name}: not UTF-8; shown with \\x escapes", tuple(odd[:3])),)
        if odd
        else ()
    )
    return of_groups_or_events(Column(name, codes, tuple(numbers)), clustered.offsets, grouping, said)


def of_groups_or_events(column: Column, offsets: Ints, grouping: str, said: tuple[Exclusion, ...] = ()) -> Attribute:
    """Return a column of events as one of groups where a group has one value, missing ones aside."""
    if len(column.codes) and column.codes.max() < 0:
        return Attribute(exclusions=(*said, Exclusion("column", 1, f"{column.name}: no value in any row")))
    first = np.empty(len(offsets) - 1, np.int32)
    several = np.empty(len(offsets) - 1, np.bool_)
    mixed = int(first_codes(column.codes, offsets, first, several))
    if mixed == 0:
        return Attribute(Column(column.name, first, column.labels), None, said)
    if mixed > MIXED_MAX * len(first):
        return Attribute(None, column, said)
    first[several] = -1
    why = f"{column.name}: several values in one {grouping}; it counts as missing there"
    return Attribute(Column(column.name, first, column.labels), column, (*said, Exclusion("groups", mixed, why)))


def number(source: Source, name: str, clustered: Clustered, threads: int = THREADS) -> Floats | None:
    """Return a column of numbers in the order of groups; None where it holds none."""
    by_row = np.empty(sum(source.sizes), np.float64)
    firsts = np.cumsum([0, *source.sizes]).tolist()

    def read(piece: int) -> None:
        array = one(source.read(piece, [name]).column(name))
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        array = array.cast(pa.float64(), safe=False)
        by_row[firsts[piece] : firsts[piece + 1]] = np.asarray(array.fill_null(np.nan) if array.null_count else array)

    side_by_side(read, range(len(source.sizes)), threads)
    values = np.empty(len(clustered.order), np.float64)
    take_numbers(by_row, clustered.order, values)
    return None if np.isnan(values).all() else values


def users(
    source: Source, name: str, clustered: Clustered, grouping: str, threads: int = THREADS
) -> tuple[Codes, Any, tuple[Exclusion, ...]]:
    """Return whose each group is, the ids of users, and what was left out.

    A group without one is a user of its own, numbered behind those with an id.
    """
    keys = np.empty(sum(source.sizes), np.uint64)
    firsts = np.cumsum([0, *source.sizes]).tolist()

    def read(piece: int) -> Piece:
        array = as_text(one(source.read(piece, [name], encoded=True).column(name)))
        own = keys[firsts[piece] : firsts[piece + 1]]
        own[:] = _hashes(array)
        if array.null_count:
            own[np.asarray(array.is_null(), np.bool_)] = 0
        return Piece(firsts[piece], keys[:0], firsts_empty, _NO_CODES, None, firsts_empty, array, np.zeros(0, np.bool_))

    firsts_empty: Ints = np.zeros(0, np.int64)
    pieces = side_by_side(read, range(len(source.sizes)), threads)
    rows = np.empty(len(clustered.offsets) - 1, np.int64)
    several = int(first_rows(keys, clustered.order, clustered.offsets, rows))
    known = rows >= 0
    encoded = at_rows(pieces, rows[known]).dictionary_encode()
    codes = np.empty(len(rows), np.int32)
    codes[known] = np.asarray(encoded.indices)
    codes[~known] = np.arange(len(encoded.dictionary), len(encoded.dictionary) + int((~known).sum()))
    said = []
    if several:
        said.append(Exclusion("groups", several, f"several users in one {grouping}: it counts for the first"))
    if not known.all():
        said.append(Exclusion("groups", int((~known).sum()), f"no {name}: each {grouping} counts as a user of its own"))
    return codes, encoded.dictionary, tuple(said)


def _hashes(array: Any) -> Any:
    """Return a hash of each value, never 0."""
    if pa.types.is_dictionary(array.type):
        if not len(array.dictionary):
            return np.zeros(len(array), np.uint64)
        return _hashes(array.dictionary)[np.asarray(array.indices.fill_null(0) if array.null_count else array.indices)]
    found = np.empty(len(array), np.uint64)
    if pa.types.is_integer(array.type):
        mix_all(np.asarray(array.fill_null(0) if array.null_count else array).astype(np.int64, copy=False), found)
    else:
        hash_texts(*texts(array), found)
    found[found == 0] = 1
    return found
