"""All of a source in groups: events, ids, users, attributes, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.opportunities.kernels.compiled import THREADS
from telic.opportunities.model import Column, Exclusion, Floats
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.source import Source
from telic.opportunities.read.text import one
from telic.opportunities.store import attributes
from telic.opportunities.store.clustering import Clustered
from telic.opportunities.store.gathering import gather
from telic.opportunities.store.parts import Parts, deduplicated

pa: Any = pyarrow
Progress = Callable[[float], None]
_READ = 0.4  # share of the work that groups, times and names are [1]


def assemble(source: Source, columns: Columns, *, grouping: str, progress: Progress, threads: int = THREADS) -> Parts:
    """Return all of a source in groups.

    Raises
    ------
    NotEnoughData
        No row is left.
    """
    found = gather(source, columns, threads=threads, progress=lambda share: progress(_READ * share))
    made, said = found.clustered, list(found.exclusions)
    users, people = np.arange(len(made.offsets) - 1, dtype=np.int32), pa.array([], pa.string())
    if columns.user and columns.user != columns.group:
        users, people, lost = attributes.users(source, columns.user, made, grouping, threads)
        said.extend(lost)
    of_groups: dict[str, Column] = {}
    of_events: dict[str, Column] = {}
    numbers: dict[str, Floats] = {}
    wanted = [*columns.attributes, *columns.numbers]
    for done, name in enumerate(columns.attributes):
        each = attributes.category(source, name, made, grouping, threads)
        said.extend(each.exclusions)
        of_groups.update({name: each.of_groups} if each.of_groups else {})
        of_events.update({name: each.of_events} if each.of_events else {})
        progress(_READ + (1 - _READ) * (done + 1) / len(wanted))
    for done, name in enumerate(columns.numbers, len(columns.attributes)):
        values = attributes.number(source, name, made, threads)
        if values is None:
            said.append(Exclusion("column", 1, f"{name}: no value in any row"))
        else:
            numbers[name] = values
        progress(_READ + (1 - _READ) * (done + 1) / len(wanted))
    said.extend(Exclusion("column", 1, f"{name}: {why}") for name, why in columns.left.items())
    names = Column(columns.event or "event", made.names, found.labels)
    parts = Parts(
        names, made.at, made.offsets, found.groups.array, users, people, of_groups, of_events, numbers, tuple(said),
        grouping,
    )  # fmt: skip
    if not columns.time:
        return parts
    return deduplicated(parts, _equal_elsewhere(source, columns.left, made, parts.pairs()))


def _equal_elsewhere(
    source: Source, left: Sequence[str] | Any, clustered: Clustered, pairs: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the pairs whose rows are equal in the columns too that nobody else reads, such as ids of events."""
    ends = np.cumsum(list(source.sizes))
    for name in left:
        if not len(pairs):
            break
        rows = clustered.order[pairs].astype(np.int64)
        values: dict[int, object] = {}
        for piece, end in enumerate(ends.tolist()):
            first = end - source.sizes[piece]
            own = np.unique(rows[(rows >= first) & (rows < end)])
            if len(own):
                column = one(source.read(piece, [name]).column(name)).take(pa.array(own - first))
                values.update(zip(own.tolist(), column.to_pylist(), strict=True))
        same = [values[later] == values[earlier] for later, earlier in rows.tolist()]
        pairs = pairs[np.asarray(same, np.bool_)]
    return pairs
