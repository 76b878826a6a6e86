"""Spans of one stretch of time as arrays: who is whose parent, who called whom, what was exclusive time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from telic.model import Window

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NANOSECONDS = 1e9  # in a second
_DEEPEST = 100  # spans inside one another, against parents that go round in a circle [1]
_COLUMNS = ("trace_id", "span_id", "parent_span_id", "entity", "instance", "name", "start", "end", "status")


class Tables(Protocol):
    """Whatever can give columns of ``metrics``, ``logs`` and ``spans``: a recording, a store, sources."""

    def columns(
        self, kind: str, names: Sequence[str], windows: Sequence[Window] = ()
    ) -> Mapping[str, NDArray[np.generic]]:
        """Return columns of the rows inside any of `windows`."""
        ...

    def keyed(
        self, kind: str, keys: Sequence[str], names: Sequence[str], windows: Sequence[Window] = ()
    ) -> tuple[NDArray[np.int64], Sequence[tuple[str, ...]], Mapping[str, NDArray[np.generic]]]:
        """Return the number of each row's group by `keys`, the groups' keys, and columns."""
        ...


@dataclass(frozen=True)
class Spans:
    """Spans in the order of the recording; arrays have shape (S,), names are codes into the lists.

    A span whose parent was not recorded is a root: broken traces are taken as they are.
    """

    traces: Ints
    parent: Ints  # index of the parent; -1: none, or not recorded
    entity: Ints
    instance: Ints
    name: Ints
    start: Ints  # [ns since the Unix epoch]
    end: Ints  # [ns since the Unix epoch]
    failed: NDArray[np.bool_]  # by its status
    entities: tuple[str, ...]
    instances: tuple[str, ...]
    names: tuple[str, ...]
    ids: Mapping[tuple[str, str], int]  # (trace id, span id) to index
    trace_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def duration(self) -> Floats:
        """From start to end [s]; a clock that went back gives 0."""
        return np.asarray(np.maximum(self.end - self.start, 0) / NANOSECONDS, dtype=np.float64)

    @cached_property
    def remote(self) -> NDArray[np.bool_]:
        """Whether the span was called from another entity."""
        has = self.parent >= 0
        return np.asarray(has & (self.entity[self.parent] != self.entity), dtype=np.bool_)

    @cached_property
    def callee(self) -> Ints:
        """Index of a child in another entity, or -1: spans with one are the calling side of an edge."""
        found = np.full(len(self), -1, dtype=np.int64)
        calls = np.flatnonzero(self.remote)
        found[self.parent[calls]] = calls
        return found

    @cached_property
    def calling(self) -> NDArray[np.bool_]:
        """Whether the span is the calling side of an edge: made inside its entity, to another one.

        An operation that has the other's span as its child without one of its own for the call does more than call.
        """
        return np.asarray((self.callee >= 0) & (self.parent >= 0) & ~self.remote, dtype=np.bool_)

    @cached_property
    def operations(self) -> Sequence[tuple[str, str]]:
        """For every span its entity and the name of the outermost span around it in the same entity."""
        parent, remote = self.parent.tolist(), self.remote.tolist()
        outermost = list(range(len(parent)))
        for index, above in enumerate(parent):
            here, seen = index, 0
            while above >= 0 and not remote[here] and seen < _DEEPEST:
                here, above, seen = above, parent[above], seen + 1
            outermost[index] = here
        codes = self.entity * len(self.names) + self.name[outermost]
        found = {
            each: (self.entities[each // len(self.names)], self.names[each % len(self.names)])
            for each in set(codes.tolist())
        }
        return [found[each] for each in codes.tolist()]

    @cached_property
    def exclusive(self) -> Floats:
        """Time in which neither a child nor a sibling that calls out was at work [s].

        For the calling side of an edge that is what the two ends do not explain: network, queues, connections.
        """
        return self.duration - _covered(self)


def read_spans(tables: Tables, windows: Sequence[Window]) -> Spans:
    """Read the spans inside `windows`."""
    found = tables.columns("spans", _COLUMNS, windows)
    traces, trace_ids = _codes(found["trace_id"])
    entity, entities = _codes(found["entity"])
    instance, instances = _codes(found["instance"])
    name, names = _codes(found["name"])
    ids = dict(zip(zip(found["trace_id"], found["span_id"], strict=True), range(len(traces)), strict=True))
    parents = zip(found["trace_id"], found["parent_span_id"], strict=True)
    parent = np.fromiter(map(ids.get, parents, itertools.repeat(-1)), dtype=np.int64, count=len(traces))
    parent[parent == np.arange(len(parent))] = -1
    status = {each: each.upper() in ("ERROR", "STATUS_CODE_ERROR", "2") for each in set(found["status"])}
    failed = np.fromiter(map(status.__getitem__, found["status"]), dtype=np.bool_, count=len(traces))
    start, end = found["start"].astype(np.int64), found["end"].astype(np.int64)
    return Spans(traces, parent, entity, instance, name, start, end, failed, entities, instances, names, ids, trace_ids)


def _codes(values: NDArray[np.generic]) -> tuple[Ints, tuple[str, ...]]:
    known = {each: code for code, each in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(known.__getitem__, values), dtype=np.int64, count=len(values)), tuple(known)


def _covered(spans: Spans) -> Floats:
    """Time of each span that its children, or for a leaf its siblings that call out, cover [s]."""
    covered = np.zeros(len(spans))
    child = np.flatnonzero(spans.parent >= 0)
    if not len(child):
        return covered
    has_child = np.zeros(len(spans), dtype=np.bool_)
    has_child[spans.parent[child]] = True
    groups: dict[int, list[int]] = {}
    for index in child[np.argsort(spans.start[child], kind="stable")].tolist():
        groups.setdefault(int(spans.parent[index]), []).append(index)
    start, end, callee = spans.start.tolist(), spans.end.tolist(), spans.callee.tolist()
    for parent, children in groups.items():
        covered[parent] = _union([(start[each], end[each]) for each in children], start[parent], end[parent])
        if len(children) == 1:
            continue
        calls = [each for each in children if callee[each] >= 0]
        for each in children if calls else ():
            if not has_child[each]:
                covered[each] = _union([(start[call], end[call]) for call in calls], start[each], end[each])
    return covered / NANOSECONDS


def _union(intervals: Sequence[tuple[int, int]], start: int, end: int) -> int:
    """Nanoseconds between `start` and `end` that `intervals`, sorted by start, cover."""
    total, reached = 0, start
    for begins, ends in intervals:
        begins, ends = max(begins, reached), min(ends, end)
        if ends > begins:
            total += ends - begins
            reached = ends
    return total
