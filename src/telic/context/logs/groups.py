"""Rows of one length: which templates they make, and which template a row that was never seen falls under."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from telic.context.logs.masking import MARK
from telic.context.logs.tokens import DELIMITERS, Row
from telic.context.logs.tree import Cluster, Context, Contexts, clusters, contexts_of

GROWTH = 4
"""A group is clustered again when a quarter of its rows is new."""


@dataclass
class Group:
    """The rows of one length."""

    rows: dict[Row, list[int]] = field(default_factory=dict)
    """The numbers of the patterns of each row."""
    folded: dict[Row, tuple[int, ...]] = field(default_factory=dict)
    """Rows that stand for many, with the columns that were found variable."""
    fresh: int = 0
    found: list[Cluster] = field(default_factory=list)
    contexts: set[Context] = field(default_factory=set)
    asked: set[Context] = field(default_factory=set)
    _surveyed: list[Cluster] = field(default_factory=list)
    _index: dict[tuple[int, ...], dict[Row, Row]] = field(default_factory=dict)

    def insert(self, row: Row, pattern: int) -> None:
        """Hold `pattern`; whether a new clustering is due shows in `due`."""
        held = self.rows.setdefault(row, [])
        self.fresh += not held
        held.append(pattern)

    @property
    def due(self) -> bool:
        """Whether the group has grown enough to be clustered again."""
        return self.fresh * GROWTH > len(self.rows)

    def survey(self) -> None:
        """Find the contexts that the rows by themselves show before values."""
        self._surveyed = clusters(list(self.rows), nothing := Contexts())
        self.asked = nothing.asked
        self.contexts = contexts_of(self._surveyed)
        self.fresh = 0

    def cluster(self, known: AbstractSet[Context]) -> None:
        """Find the templates, given the contexts `known` from all groups."""
        self.found = self._surveyed
        if self.asked & known:
            contexts = Contexts(frozenset(known))
            self.found = clusters(list(self.rows), contexts)
            self.asked |= contexts.asked
        self.found = list(self.found)
        self._index = {}
        for each in self.found:
            self.index(each)

    def begin(self, row: Row) -> Cluster:
        """Return a cluster of `row` alone, until the next clustering."""
        cluster = Cluster((row,), ())
        self.found.append(cluster)
        self.index(cluster)
        return cluster

    def index(self, cluster: Cluster) -> None:
        """Let unseen rows be matched to `cluster`."""
        shape = self.wild(cluster)
        self._index.setdefault(shape, {})[_blanked(cluster.rows[0], shape)] = cluster.rows[0]

    def wild(self, cluster: Cluster) -> tuple[int, ...]:
        """Return the columns in which rows of `cluster` differ or were found to differ before they were folded."""
        return tuple(sorted(set(cluster.variable).union(*(self.folded.get(row, ()) for row in cluster.rows))))

    def match(self, row: Row) -> Row | None:
        """Return a row of the most specific template that `row` falls under."""
        for shape in sorted(self._index, key=lambda each: (len(each), each)):
            if any(row[column] in DELIMITERS for column in shape):
                continue
            found = self._index[shape].get(_blanked(row, shape))
            if found is not None:
                return found
        return None

    def replace(self, cluster: Cluster, row: Row, pattern: int) -> None:
        """Let `row`, held as `pattern`, stand for all rows of `cluster`."""
        wild = self.wild(cluster)
        for each in cluster.rows:
            del self.rows[each]
            self.folded.pop(each, None)
        self.rows[row] = [pattern]
        self.folded[row] = wild


def _blanked(row: Row, shape: tuple[int, ...]) -> Row:
    if not shape:
        return row
    blank = list(row)
    for column in shape:
        blank[column] = MARK
    return tuple(blank)
