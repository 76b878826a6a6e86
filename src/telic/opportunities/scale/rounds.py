"""Templates asked of parts in rounds: each part says its counts, all are told their sum, until nobody waits."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.language import Events, kpi
from telic.opportunities.model import Exclusion, Floats, Hypothesis, Ints, Prepared
from telic.opportunities.plan import Table
from telic.opportunities.template import Asking, Template
from telic.opportunities.whole import Waiting

Array = npt.NDArray[Any]
Place = tuple[int, ...]
Piece = tuple[str, tuple[Array, ...]]


@dataclass(frozen=True)
class Round:
    """What every part is asked.

    Parameters
    ----------
    templates
        Those that are not answered yet, by number.
    kpis
        In the language.
    groups
        Of all parts.
    known
        Counts of all parts, by the place in a template's work where they are needed.
    """

    templates: Mapping[int, Template]
    kpis: tuple[str, ...]
    least: int
    groups: int
    table: Table
    known: Mapping[Place, tuple[Array, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Counts:
    """The hypotheses of a template over one part, or over all.

    Parameters
    ----------
    support : shape (H,)
        Groups of each.
    known, totals : shape (K, H)
        Of each KPI: groups for which it is defined, and the sum of it over them.
    hypotheses
        Only of the first part: they are the same in all.
    """

    support: Ints
    known: Ints
    totals: Floats
    hypotheses: tuple[Hypothesis, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class Said:
    """What a part says in a round: counts that it waits for, by place, and templates that are answered, by number."""

    waits: Mapping[Place, Piece]
    counts: Mapping[int, Counts]


class Told:
    """What a part is told of all parts, and what it says where it is not told yet; see `telic.opportunities.whole`."""

    def __init__(self, number: int, asked: Round) -> None:
        self.said: dict[Place, Piece] = {}
        self._round, self._place, self._next = asked, [number], [0]

    def groups(self, prepared: Prepared) -> int:
        """Return how many groups all parts have."""
        return self._round.groups

    def least(self, least: int) -> int:
        """Return 1: what few groups of this part have may be frequent in all."""
        return 1

    def added(self, *counts: Ints) -> tuple[Ints, ...]:
        """Return counts of all parts, added up."""
        return self._of("added", *counts)

    def earliest(self, values: Ints) -> Ints:
        """Return the smallest of all parts, place by place."""
        return self._of("earliest", values)[0]

    def united(self, keys: Array, counts: Ints, *more: Ints) -> tuple[Ints, ...]:
        """Return the keys that some part has, ascending, their counts, and more counts added up."""
        return self._of("united", keys, counts, *more)

    def gathered(self, values: Floats) -> Floats:
        """Return the values of all parts."""
        return self._of("gathered", values)[0]

    def enter(self) -> None:
        """Begin something that may wait by itself."""
        self._place.append(self._count())
        self._next.append(0)

    def leave(self) -> None:
        """End it."""
        self._place.pop()
        self._next.pop()

    def _count(self) -> int:
        self._next[-1] += 1
        return self._next[-1]

    def _of(self, how: str, *arrays: Array) -> tuple[Array, ...]:
        place = (*self._place, self._count())
        if place in self._round.known:
            return self._round.known[place]
        self.said[place] = (how, arrays)
        raise Waiting


def answer(prepared: Prepared, asked: Round, *, first: bool) -> Said:
    """Return what one part says.

    Parameters
    ----------
    first
        Whether this part also says what the hypotheses are.
    """
    events = Events(prepared)
    outcomes = [kpi(each, events).values for each in asked.kpis]
    defined = [~np.isnan(values) for values in outcomes]
    weights = [np.where(there, values, 0.0) for there, values in zip(defined, outcomes, strict=True)]
    waits: dict[Place, Piece] = {}
    counts: dict[int, Counts] = {}
    for number, each in asked.templates.items():
        told, left = Told(number, asked), list[Exclusion]()
        asking = Asking(least=asked.least, table=asked.table, leave_out=left.append, whole=told)
        families = []
        with contextlib.suppress(Waiting):
            families = [family for family in each.families(prepared, asking) if len(family)]
        if told.said:
            waits |= told.said
            continue
        support = [family.support() for family in families]
        known = [[family.totals(there.astype(np.float64)) for family in families] for there in defined]
        totals = [[family.totals(values) for family in families] for values in weights]
        counts[number] = Counts(
            np.concatenate([np.zeros(0, np.int64), *support]),
            _table(known).astype(np.int64),
            _table(totals),
            tuple(family.hypothesis(row) for family in families for row in range(len(family))) if first else (),
            tuple(left) if first else (),
        )
    return Said(waits, counts)


def _table(rows: Sequence[Sequence[Floats]]) -> Floats:
    return np.array([np.concatenate([np.zeros(0), *row]) for row in rows])


def rounds(ask: Callable[[Round], Sequence[Said]], begin: Round) -> dict[int, Counts]:
    """Ask parts until all templates are answered; return the counts of all parts, by number of template.

    Parameters
    ----------
    ask
        Asks every part, and returns what they say; the first says the hypotheses.
    """
    known: dict[Place, tuple[Array, ...]] = {}
    left, done = dict(begin.templates), dict[int, Counts]()
    while left:
        asked = Round(left, begin.kpis, begin.least, begin.groups, begin.table, known)
        said = ask(asked)
        for place, pieces in _by_key([each.waits for each in said]).items():
            known[place] = merged(pieces)
        for number, counts in _by_key([each.counts for each in said]).items():
            done[number] = _sum(counts)
            del left[number]
            known = {place: value for place, value in known.items() if place[0] != number}
    return dict(sorted(done.items()))


def merged(pieces: Sequence[Piece]) -> tuple[Array, ...]:
    """Return the arrays of all parts from those of each."""
    how, arrays = pieces[0][0], [each for _, each in pieces]
    if how == "gathered":
        return (np.concatenate([each[0] for each in arrays]),)
    if how == "earliest":
        return (np.minimum.reduce([each[0] for each in arrays]),)
    if how == "united":
        keys, place = np.unique(np.concatenate([each[0] for each in arrays]), axis=0, return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, place.reshape(-1), np.concatenate([each[1] for each in arrays]))
        return (keys, counts, *_added([each[2:] for each in arrays]))
    return _added(arrays)


def _added(arrays: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
    return tuple(np.sum(each, axis=0) for each in zip(*arrays, strict=True))


def _sum(parts: Sequence[Counts]) -> Counts:
    said = next(each for each in parts if each.hypotheses or not len(each.support))
    return Counts(
        np.sum([each.support for each in parts], axis=0),
        np.sum([each.known for each in parts], axis=0),
        np.sum([each.totals for each in parts], axis=0),
        said.hypotheses,
        tuple(dict.fromkeys(left for each in parts for left in each.exclusions)),
    )


def _by_key(parts: Iterable[Mapping[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for part in parts:
        for key, value in part.items():
            found[key].append(value)
    return found
