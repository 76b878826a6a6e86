"""The second level of mining: rows of one length to clusters, by splitting on the columns that look least like values.

Iterative partitioning by token position is IPLoM's idea (Makanju et al., KDD 2009); that words which vary together
belong to templates and words which vary alone are values is Brain's (Yu et al., TSC 2023, section 3). Here a column is
judged by how its words are made, how many there are and what stands before it, never by a threshold of one system.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from telic.context.logs.masking import MARK
from telic.context.logs.tokens import DELIMITERS, Row, head, is_value, is_word

Context = tuple[str, str]
"""The two constant tokens before a column."""

MANY = 4
"""So many different words in a place whose surroundings stay the same are values."""
COHESION = 0.5
"""Share of the words that a template keeps constant at least (Drain's similarity threshold)."""
DEPENDENCE = 0.5
"""A column that, when known, makes this share of the other doubtful columns constant belongs to the template."""
CERTAIN, LIKELY = 4.0, 1.0
FIRST, NUMBERED, MADE_UP, KNOWN, UPPER = 1.0, 0.75, 0.4, 1.0, 0.75
_TRUTH = frozenset(["true", "false", "True", "False", "TRUE", "FALSE", "null", "None", "nil"])
SAMPLE = 256
"""Rows that the choice of a column to split on looks at."""


@dataclass(frozen=True)
class Cluster:
    """Rows of one template and the columns in which they differ."""

    rows: tuple[Row, ...]
    variable: tuple[int, ...]

    @cached_property
    def key(self) -> Row:
        """The template as a row: `MARK` where the rows differ; three or more equal values in a row count as one."""
        row = list(self.rows[0])
        for column in self.variable:
            row[column] = MARK
        return _without_runs(row)


@dataclass
class Contexts:
    """What stands before values elsewhere, and which of that was asked for."""

    known: frozenset[Context] | set[Context] = frozenset()
    asked: set[Context] = field(default_factory=set)

    def __contains__(self, context: Context) -> bool:
        self.asked.add(context)
        return context in self.known


def clusters(rows: Sequence[Row], contexts: Contexts) -> list[Cluster]:
    """Return `rows` (all of one length, different from one another) as clusters; their order does not matter."""
    found: list[Cluster] = []
    waiting = [sorted(rows)]
    while waiting:
        some = waiting.pop()
        columns = [sorted(set(column)) for column in zip(*some, strict=True)]
        variable = [at for at, words in enumerate(columns) if len(words) > 1]
        split = _split_on(some, columns, variable, contexts) if variable else None
        if split is None:
            found.append(Cluster(tuple(some), tuple(variable)))
        else:
            waiting.extend(_parts(some, split).values())
    return found


def contexts_of(found: Iterable[Cluster]) -> set[Context]:
    """Return the two constant tokens before each variable column of `found`."""
    return {
        context
        for cluster in found
        for column in cluster.variable
        if (context := _context(cluster.rows[0], column, set(cluster.variable))) is not None
    }


def _context(row: Row, column: int, variable: set[int]) -> Context | None:
    if column < 2 or column - 1 in variable or column - 2 in variable:
        return None
    return row[column - 2], row[column - 1]


def _split_on(rows: list[Row], columns: list[list[str]], variable: list[int], contexts: Contexts) -> int | None:
    beside = set(variable)
    scores = {}
    for column in variable:
        context = _context(rows[0], column, beside)
        scores[column] = _likeness(columns[column], column, context is not None and context in contexts)
    least = min(variable, key=lambda column: (scores[column], len(columns[column]), column))
    if scores[least] < LIKELY:
        return least
    doubtful = [column for column in variable if scores[column] < CERTAIN]
    best, gain = _most_telling(rows, doubtful or variable)
    if len(doubtful) > 1 and gain >= DEPENDENCE * (len(doubtful) - 1):
        return best
    constant = sum(1 for words in columns if len(words) == 1 and words[0] not in DELIMITERS and not is_value(words[0]))
    return None if constant and constant >= COHESION * (constant + len(doubtful)) else best


def _most_telling(rows: list[Row], columns: list[int]) -> tuple[int, float]:
    """Return which of `columns` tells most about the others, and how many of them, a row."""
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    gains = {column: _gain(sample, column, columns) for column in columns}
    best = max(columns, key=lambda column: (gains[column], -len({row[column] for row in sample}), -column))
    return best, gains[best]


def _likeness(words: list[str], column: int, known_context: bool) -> float:
    """Return how much `words` look like values: `LIKELY` and more for values, less for parts of templates."""
    if any(word in DELIMITERS for word in words):
        return -1.0
    if (
        any(is_value(word) for word in words)
        or all(word in _TRUTH for word in words)
        or (all(MARK in word for word in words) and len({head(word) for word in words}) == 1 and head(words[0]))
    ):
        return CERTAIN + 1.0
    numbered = any(MARK in word for word in words)
    made_up = sum(not is_word(word) for word in words)
    return (
        math.log(len(words), MANY)
        + (NUMBERED if numbered else MADE_UP if 2 * made_up >= len(words) else 0.0)
        + (KNOWN if known_context else 0.0)
        - (FIRST if column == 0 and not numbered else 0.0)
        - (UPPER if all(word.isupper() for word in words) else 0.0)
    )


def _gain(rows: list[Row], column: int, variable: list[int]) -> float:
    """Return how many of the other columns become constant, a row, when `rows` are split on `column`."""
    total = 0
    for part in _parts(rows, column).values():
        if len(part) > 1:
            total += len(part) * sum(
                1 for other in variable if other != column and len({row[other] for row in part}) == 1
            )
    return total / len(rows)


def _parts(rows: list[Row], column: int) -> dict[str, list[Row]]:
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row[column]].append(row)
    return parts


def _without_runs(row: list[str]) -> Row:
    kept: list[str] = []
    run = 1
    for token in row:
        run = run + 1 if kept and token == kept[-1] and MARK in token else 1
        kept.append(token)
        if run == 3:
            del kept[-2:]
        elif run > 3:
            kept.pop()
            run = 3
    return tuple(kept)
