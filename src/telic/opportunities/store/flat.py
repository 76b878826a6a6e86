"""Prepared events as one Parquet file: what SQL reads where it cannot read the source as it was understood."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from telic.errors import StoreFailed
from telic.opportunities.model import Codes, Column
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.text import labels
from telic.opportunities.store import folder
from telic.opportunities.store.parts import Parts

pa: Any = pyarrow
pq: Any = pyarrow.parquet
NAME = "events.parquet"
PIECE = 1 << 20  # events that are written at once [1]


def flat(columns: Columns) -> Columns:
    """Return what the file calls the columns of some events: as their source does, each role with a name.

    Examples
    --------
    >>> flat(Columns("", "step", "", "", attributes=("Time", "os")))
    Columns(time='time 2', event='step', group='group', user='', attributes=('Time', 'os'), numbers=(), why={}, left={})
    """
    given = (columns.time, columns.event, columns.group, columns.user, *columns.attributes, *columns.numbers)
    taken = {name.lower() for name in given}

    def free(name: str) -> str:
        return next(each for each in (name, *(f"{name} {n}" for n in range(2, 99))) if each.lower() not in taken)

    user = columns.user if columns.user != columns.group else ""
    time, event, group = columns.time or free("time"), columns.event or free("event"), columns.group or free("group")
    return Columns(time, event, group, user, columns.attributes, columns.numbers)


def write(path: Path) -> Path:
    """Write the events that lie prepared in a folder as one Parquet file in it, once; return the file.

    It has a row for each event, in the order of groups: its time [ns since the epoch, UTC], its name, the ids of its
    group and user, and the attributes.

    Raises
    ------
    UsageError
        There are no prepared events.
    StoreFailed
        The file cannot be written.
    """
    to, aside = path / NAME, path / f".{NAME}.{os.getpid()}"
    if to.is_file():
        return to
    kept = folder.read(path)
    try:
        pieces = _pieces(kept.parts, flat(kept.columns))
        first = next(pieces)
        with pq.ParquetWriter(aside, first.schema) as file:
            file.write_table(first)
            for each in pieces:
                file.write_table(each)
        aside.replace(to)
    except OSError as error:
        raise StoreFailed(f"cannot write {to}: {error}", hint="check its owner and the disk") from error
    finally:
        aside.unlink(missing_ok=True)
    return to


def _pieces(parts: Parts, called: Columns) -> Iterator[Any]:
    """Yield the events as tables, whole groups at a time."""
    ids, people = _sound(parts.ids), _sound(parts.people)
    size = len(parts.offsets) - 1
    cuts = np.unique([*np.searchsorted(parts.offsets[:-1], np.arange(0, len(parts.at), PIECE)), size]).tolist()
    for begin, end in pairwise(cuts):
        events = slice(int(parts.offsets[begin]), int(parts.offsets[end]))
        of_event = np.repeat(np.arange(begin, end), np.diff(parts.offsets[begin : end + 1]))
        made = {
            called.group: ids.take(pa.array(of_event)),
            called.time: pa.array(parts.at[events], pa.timestamp("ns")),
            called.event: _texts(parts.names, parts.names.codes[events]),
        }
        if called.user:
            users = parts.users[of_event]
            made[called.user] = people.take(pa.array(users, mask=users >= len(people)))
        for name, column in {**parts.of_groups, **parts.of_events}.items():
            codes = column.codes[events] if name in parts.of_events else column.codes[of_event]
            made[name] = _texts(column, codes)
        for name, values in parts.numbers.items():
            if name not in made:
                made[name] = pa.array(values[events], mask=np.isnan(values[events]))
        yield pa.table(made)


def _texts(column: Column, codes: Codes) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(list(column.labels), pa.string()))


def _sound(ids: Any) -> Any:
    """Return ids whose texts are UTF-8, others as they are shown."""
    kind = ids.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            ids.validate(full=True)
        except pa.ArrowInvalid:
            return pa.array(labels(ids)[0])
        return ids
    return pa.array(labels(ids)[0]) if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else ids
