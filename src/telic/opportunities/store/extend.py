"""New events added to prepared ones: groups go on where they were, in order of time, and new groups follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute

from telic.opportunities.kernels.cluster_sort import sort_groups
from telic.opportunities.kernels.compiled import THREADS, ranges, side_by_side
from telic.opportunities.kernels.gathered import join_groups
from telic.opportunities.model import Codes, Column, Exclusion, Floats, Ints
from telic.opportunities.store.attributes import of_groups_or_events
from telic.opportunities.store.clustering import Numbers, check_rows
from telic.opportunities.store.parts import Parts, deduplicated

pa: Any = pyarrow
pc: Any = pyarrow.compute


def joined(old: Parts, new: Parts, threads: int = THREADS) -> Parts:
    """Return the events of both, as if they had been prepared together; old groups keep their numbers."""
    ids_old, ids_new = _alike(old.ids, new.ids)
    to = _numbers(ids_old, ids_new)
    size = len(ids_old) + int((to >= len(ids_old)).sum())
    back = np.full(size, -1, np.int64)
    back[to] = np.arange(len(ids_new))
    names_new, labels = _recoded(old.names, new.names)
    total = len(old.at) + len(new.at)
    check_rows(total, "what is put together")
    order, offsets = np.empty(total, np.uint32), np.empty(size + 1, np.int64)
    join_groups(old.offsets, new.offsets, back, order, offsets)
    names = np.concatenate([old.names.codes, names_new])[order]
    at = np.concatenate([old.at, new.at])[order]
    most = int(np.diff(offsets).max(initial=0))
    side_by_side(
        lambda run: sort_groups(names, at, order, offsets, *run, np.empty((3, most), np.int64)),
        ranges(offsets, threads),
        threads,
    )
    ids = pa.concat_arrays([ids_old, ids_new.filter(pa.array(to >= len(ids_old)))])
    users, people = _users(old, new, to, size)
    of_groups, of_events, said = _categories(old, new, to, order, offsets)
    parts = Parts(
        Column(old.names.name, names, labels), at, offsets, ids, users, people, of_groups, of_events,
        _numeric(old, new, order), _merged((*old.exclusions, *new.exclusions, *said)), old.grouping,
    )  # fmt: skip
    return deduplicated(parts, parts.pairs())


def _alike(old: Any, new: Any) -> tuple[Any, Any]:
    if old.type == new.type:
        return old, new
    if pa.types.is_integer(old.type) and pa.types.is_integer(new.type):
        return old.cast(pa.int64()), new.cast(pa.int64())
    return old.cast(pa.large_string()), new.cast(pa.large_string())


def _numbers(old: Any, new: Any) -> Ints:
    """Return the number of each new id: that of the old one, or behind all old ones."""
    found = pc.index_in(new, value_set=old)
    to = np.asarray(found.fill_null(-1), np.int64).copy()
    fresh = to < 0
    to[fresh] = len(old) + np.arange(int(fresh.sum()))
    return to


def _recoded(old: Column, new: Column) -> tuple[Codes, tuple[str, ...]]:
    """Return the new column's codes among the labels of both, and those labels."""
    numbers = {label: number for number, label in enumerate(old.labels)}
    table = np.asarray([*(numbers.setdefault(label, len(numbers)) for label in new.labels), -1], np.int32)
    return table[new.codes], tuple(numbers)


def _users(old: Parts, new: Parts, to: Ints, size: int) -> tuple[Codes, Any]:
    if not len(old.people) and not len(new.people):
        return np.arange(size, dtype=np.int32), old.people
    people_old, people_new = _alike(old.people, new.people)
    number = _numbers(people_old, people_new)
    fresh = people_new.filter(pa.array(number >= len(people_old)))
    people = pa.concat_arrays([people_old, fresh])
    users = np.full(size, -1, np.int32)
    known = new.users < len(people_new)
    users[to[known]] = number[new.users[known]]
    of_old = old.users < len(people_old)
    users[: len(old.users)][of_old] = old.users[of_old]  # whose it was first
    nobody = users < 0
    users[nobody] = len(people) + np.arange(int(nobody.sum()))
    return users, people


def _categories(
    old: Parts, new: Parts, to: Ints, order: Numbers, offsets: Ints
) -> tuple[dict[str, Column], dict[str, Column], tuple[Exclusion, ...]]:
    of_groups: dict[str, Column] = {}
    of_events: dict[str, Column] = {}
    said: list[Exclusion] = []
    for name in dict.fromkeys([*old.of_groups, *old.of_events, *new.of_groups, *new.of_events]):
        first, second = _of_events(old, name), _of_events(new, name)
        codes, labels = _recoded(first, second)
        whole = Column(name, np.concatenate([first.codes, codes])[order], labels)
        made = of_groups_or_events(whole, offsets, old.grouping)
        of_groups.update({name: made.of_groups} if made.of_groups else {})
        of_events.update({name: made.of_events} if made.of_events else {})
        said.extend(made.exclusions)
    return of_groups, of_events, tuple(said)


def _of_events(parts: Parts, name: str) -> Column:
    """Return a column as events have it; a group's value is that of all its events."""
    if name in parts.of_events:
        return parts.of_events[name]
    if name in parts.of_groups:
        column = parts.of_groups[name]
        return Column(name, np.repeat(column.codes, np.diff(parts.offsets)), column.labels)
    return Column(name, np.full(len(parts.at), -1, np.int32), ())


def _numeric(old: Parts, new: Parts, order: Numbers) -> dict[str, Floats]:
    found = {}
    for name in dict.fromkeys([*old.numbers, *new.numbers]):
        both = [each.numbers.get(name, np.full(len(each.at), np.nan)) for each in (old, new)]
        found[name] = np.concatenate(both)[order]
    return found


def _merged(exclusions: tuple[Exclusion, ...]) -> tuple[Exclusion, ...]:
    """Return one exclusion for each reason; counts add up, but a column that is not there is so once."""
    found: dict[tuple[str, str], Exclusion] = {}
    for each in exclusions:
        key = each.what, each.why
        before = found.get(key)
        if before is None:
            found[key] = each
        else:
            count = before.count if each.what == "column" else before.count + each.count
            found[key] = replace(before, count=count, examples=(*before.examples, *each.examples)[:3])
    return tuple(found.values())
