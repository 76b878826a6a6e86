"""Puts events of others into groups, in memory."""

from __future__ import annotations

import numpy as np

from telic.opportunities.kernels.compiled import THREADS, ranges, side_by_side
from telic.opportunities.kernels.gathered import split_codes, split_groups
from telic.opportunities.model import Column, Prepared
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.source import Source
from telic.opportunities.store.attributes import Attribute, of_groups_or_events
from telic.opportunities.store.gathering import Gathered, bits_of, gather


def load(
    source: Source,
    columns: Columns,
    *,
    grouping: str = "session",
    ordered: bool = False,
    along: str = "",
    threads: int = THREADS,
) -> Prepared:
    """Return events of a source in groups, in memory and without attributes but one.

    Parameters
    ----------
    along
        An attribute of few values that is wanted too; it goes along with the names, at hardly any cost.
    ordered
        Whether rows are known to be in order of time already; times are not read then, and all are 0.

    Raises
    ------
    NotEnoughData
        No row is left.
    """
    found = gather(source, columns, ordered=ordered, order=False, along=along, threads=threads)
    made, exclusions = found.clustered, found.exclusions
    users = np.arange(len(made.offsets) - 1, dtype=np.int32)
    names = Column(columns.event or "event", made.names, found.labels)
    of_groups, of_events = {}, {}
    if along:
        each = _split(found, along, grouping, threads)
        of_groups.update({along: each.of_groups} if each.of_groups else {})
        of_events.update({along: each.of_events} if each.of_events else {})
        exclusions += each.exclusions
    return Prepared(
        names,
        made.at,
        made.offsets,
        found.groups,
        users,
        of_groups,
        of_events,
        exclusions=exclusions,
        grouping=grouping,
    )


def _split(found: Gathered, along: str, grouping: str, threads: int) -> Attribute:
    """Take the attribute that went along out of the names, in place."""
    made, bits, missing = found.clustered, bits_of(found.along), len(found.along)
    first = np.empty(len(made.offsets) - 1, np.int32)
    runs = ranges(made.offsets, threads)
    done = side_by_side(
        lambda run: int(split_groups(made.names, made.offsets, *run, bits, missing, first)), runs, threads
    )
    if all(stopped == last for stopped, (_, last) in zip(done, runs, strict=True)) and (first >= 0).any():
        return Attribute(Column(along, first, found.along))
    codes = np.empty(len(made.names), np.int32)
    for stopped, (begin, last) in zip(done, runs, strict=True):
        start, middle, end = made.offsets[[begin, stopped, last]]
        codes[start:middle] = np.repeat(first[begin:stopped], np.diff(made.offsets[begin : stopped + 1]))
        split_codes(made.names[middle:end], bits, missing, codes[middle:end])
    return of_groups_or_events(Column(along, codes, found.along), made.offsets, grouping)
