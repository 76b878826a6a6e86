"""Many rows that share most of their values, such as the points of one series, without a Python object a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.telemetry.sources.card import SCHEMAS, TIME, Columns, Signal

pa: Any = pyarrow
Numbers = npt.NDArray[Any]
LATEST = 9.2e9  # times beyond do not fit 64 bits of nanoseconds [s since the Unix epoch]


@dataclass(frozen=True)
class Block:
    """Rows with the same `head` that differ in `columns` alone.

    Parameters
    ----------
    head
        Columns with one value for all rows.
    columns
        Columns of numbers, all of the same length.
    """

    head: Mapping[str, object]
    columns: Mapping[str, Numbers]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def only(self, chosen: Numbers) -> Block:
        """Return the rows at which `chosen` is true, or that a slice takes."""
        return Block(self.head, {name: column[chosen] for name, column in self.columns.items()})

    def within(self, time: str, start: int, end: int) -> Block:
        """Return the rows whose `time` lies in a window [ns]."""
        times = self.columns[time]
        inside = (times >= start) & (times < end)
        return self if inside.all() else self.only(inside)


def nanoseconds(seconds: Sequence[float] | Numbers) -> Numbers:
    """Return times [s] in nanoseconds; what does not fit becomes -1, which lies in no window."""
    found = np.asarray(seconds, dtype=np.float64)
    found = np.where(np.isfinite(found) & (np.abs(found) < LATEST), found, -1e-9)
    return np.rint(found * 1e9).astype(np.int64)


def empty_of(field: Any) -> object:
    """Return what stands in a column of which nothing is known."""
    return "" if field.type == pa.string() else 0 if field.name.endswith("_ns") else None


def table_of(signal: Signal, blocks: Sequence[Block]) -> Columns:
    """Return the rows of `blocks` as the table of `signal`, oldest first."""
    sizes = [len(each) for each in blocks]
    which = np.repeat(np.arange(len(blocks), dtype=np.int32), sizes)
    times = np.concatenate([each.columns[TIME[signal]] for each in blocks])
    order = np.argsort(times, kind="stable")
    chosen = pa.array(which[order])
    arrays = []
    for field in SCHEMAS[signal]:
        name, empty = field.name, empty_of(field)
        if any(name in each.columns for each in blocks):
            parts = [_column(each, name, empty) for each in blocks]
            arrays.append(pa.array(np.concatenate(parts)[order], from_pandas=True).cast(field.type))
        else:
            arrays.append(pa.array([each.head.get(name, empty) for each in blocks], field.type).take(chosen))
    return pa.Table.from_arrays(arrays, schema=SCHEMAS[signal])


def _column(block: Block, name: str, empty: object) -> Numbers:
    if name in block.columns:
        return block.columns[name]
    value = block.head.get(name, empty)
    return np.full(len(block), np.nan if value is None else value)
