"""Parts of events made alike: the same names, values and attributes with the same codes in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from telic.opportunities.kernels.gathered import first_codes
from telic.opportunities.model import Codes, Column, Exclusion, Ints, Prepared
from telic.opportunities.store.attributes import LABELS_MAX, MIXED_MAX

_EMPTY = "no value in any row"


@dataclass(frozen=True)
class Facts:
    """What parts have to agree on.

    Parameters
    ----------
    labels
        Of event names.
    values
        Of each attribute.
    mixed
        Groups in which an attribute has several values, by attribute.
    copies
        The values that go with each name, by attribute: more than one where it says more than the name.
    dropped
        Attributes with too many values.
    """

    groups: int
    events: int
    labels: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    mixed: Mapping[str, int]
    numbers: frozenset[str]
    copies: Mapping[str, frozenset[tuple[str, str]]]
    dropped: frozenset[str]
    exclusions: tuple[Exclusion, ...]


def facts(prepared: Prepared, attributes: Iterable[str]) -> Facts:
    """Return the facts of a part, of which certain attributes were read."""
    sizes = np.diff(prepared.offsets)
    by_event = {
        **{name: replace(each, codes=np.repeat(each.codes, sizes)) for name, each in prepared.of_groups.items()},
        **prepared.of_events,
    }
    empty = {name for name in attributes for each in prepared.exclusions if each.why == f"{name}: {_EMPTY}"}
    return Facts(
        prepared.size,
        len(prepared.at),
        tuple(prepared.names.labels),
        {name: tuple(column.labels) for name, column in by_event.items()},
        {name: _first(column.codes, prepared.offsets)[1] for name, column in by_event.items()},
        frozenset(prepared.numbers),
        {name: _pairs(prepared.names, column) for name, column in by_event.items()},
        frozenset({*attributes} - {*by_event} - empty),
        prepared.exclusions,
    )


def joined(parts: Sequence[Facts]) -> Facts:
    """Return the facts of all parts."""
    values = {name: _all(each.values.get(name, ()) for each in parts) for part in parts for name in part.values}
    dropped = frozenset().union(*(each.dropped for each in parts))
    dropped |= {name for name, labels in values.items() if len(labels) > LABELS_MAX}
    names = sorted({*values} - dropped)
    numbers = frozenset().union(*(each.numbers for each in parts))
    return Facts(
        sum(each.groups for each in parts),
        sum(each.events for each in parts),
        _all(each.labels for each in parts),
        {name: values[name] for name in names},
        {name: sum(each.mixed.get(name, 0) for each in parts) for name in names},
        numbers,
        {name: frozenset().union(*(each.copies.get(name, frozenset()) for each in parts)) for name in names},
        dropped,
        _exclusions(parts, {*names, *numbers}, dropped),
    )


def conformed(prepared: Prepared, all_of: Facts) -> Prepared:
    """Return a part as it is within the whole."""
    of_groups: dict[str, Column] = {}
    of_events: dict[str, Column] = {}
    sizes = np.diff(prepared.offsets)
    for name, labels in all_of.values.items():
        mixed = all_of.mixed[name]
        if name in prepared.of_events:
            codes = _recoded(prepared.of_events[name], labels)
            constant = _first(codes, prepared.offsets)[0]
        else:
            own = prepared.of_groups.get(name)
            constant = np.full(prepared.size, -1, np.int32) if own is None else _recoded(own, labels)
            codes = np.repeat(constant, sizes) if mixed else constant
        if mixed <= MIXED_MAX * all_of.groups:
            of_groups[name] = Column(name, constant, labels)
        if mixed and not _is_copy(all_of.copies[name], labels, all_of.labels):
            of_events[name] = Column(name, codes, labels)
    nothing = np.full(len(prepared.at), np.nan)
    return replace(
        prepared,
        names=Column(prepared.names.name, _recoded(prepared.names, all_of.labels), all_of.labels),
        of_groups=of_groups,
        of_events=of_events,
        numbers={name: prepared.numbers.get(name, nothing) for name in sorted(all_of.numbers)},
    )


def _exclusions(parts: Sequence[Facts], there: Set[str], dropped: Set[str]) -> tuple[Exclusion, ...]:
    """Return what was left out of all parts; a column that some part has values of is not said to have none."""
    untrue = {f"{name}: {_EMPTY}" for name in there}
    too_many = {f"{name}: more than {LABELS_MAX:,} different values" for name in dropped}
    said = [each for part in parts for each in part.exclusions if each.why not in {*untrue, *too_many}]
    columns = [each for each in dict.fromkeys(said) if each.what == "column"]
    others = [each for each in said if each.what != "column"]
    whys = dict.fromkeys((each.what, each.why) for each in others)
    counts = {key: sum(each.count for each in others if (each.what, each.why) == key) for key in whys}
    examples = {key: next(each.examples for each in others if (each.what, each.why) == key) for key in whys}
    added = [Exclusion(what, count, why, examples[what, why]) for (what, why), count in counts.items()]
    return (*added, *columns, *(Exclusion("column", 1, why) for why in sorted(too_many)))


def _recoded(column: Column, labels: Sequence[str]) -> Codes:
    place = {label: code for code, label in enumerate(labels)}
    table = np.array([*(place[label] for label in column.labels), -1], np.int32)  # the last one stands for -1
    return table[np.asarray(column.codes)]


def _first(codes: Codes, offsets: Ints) -> tuple[Codes, int]:
    """Return the one value of each group, -1 for none or several, and how many groups have several."""
    first, several = np.empty(len(offsets) - 1, np.int32), np.empty(len(offsets) - 1, np.bool_)
    mixed = int(first_codes(np.asarray(codes), np.asarray(offsets), first, several))
    first[several] = -1
    return first, mixed


def _pairs(names: Column, column: Column) -> frozenset[tuple[str, str]]:
    """Return which value goes with which name; "" for none."""
    known = [*column.labels, ""]
    width = len(known)
    keys = np.asarray(names.codes).astype(np.int64) * width + np.where(column.codes < 0, width - 1, column.codes)
    there = np.unique(keys)
    twice = np.flatnonzero(np.diff(there // width) == 0)
    if len(twice):  # it says more than the name; which pairs there are does not matter
        there = there[twice[0] : twice[0] + 2]
    return frozenset((names.labels[key // width], known[key % width]) for key in there.tolist())


def _is_copy(pairs: frozenset[tuple[str, str]], labels: Sequence[str], names: Sequence[str]) -> bool:
    """Whether an attribute of events says nothing but the name: as many values, one for each name."""
    return len(pairs) == len({name for name, _ in pairs}) and len(labels) == len(names)


def _all(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({label for each in parts for label in each}))
