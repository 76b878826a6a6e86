"""The nouns of the opportunity finder: prepared events, outcomes, hypotheses, families, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A dictionary-encoded column.

    Parameters
    ----------
    codes : shape (N,)
        Index into `labels`; -1 where the value is missing.
    labels
        The distinct values as text.
    """

    name: str
    codes: Codes
    labels: Sequence[str]


@dataclass(frozen=True)
class Exclusion:
    """What was left out, how often, and why; shown with every result."""

    what: str  # "rows", "groups", "column", "hypotheses"
    count: int
    why: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """Events clustered by group (session, user, request, case), in total order (timestamp, then order of arrival).

    `E` events in `G` groups; arrays may be memory-mapped and must not be written to.

    Parameters
    ----------
    names
        Event names, shape (E,), none missing.
    at : shape (E,)
        When each event happened [ns since the epoch, UTC].
    offsets : shape (G + 1,)
        Events of group ``g`` are ``offsets[g]:offsets[g + 1]``, at least one each.
    groups
        Ids of groups, by group; may be read lazily.
    users : shape (G,)
        Whose group it is, as a number; equal to ``arange(G)`` where no user is known.
    of_groups
        Attributes that are constant within a group, each of shape (G,).
    of_events
        Other categorical attributes, each of shape (E,).
    numbers
        Numeric attributes of events, each of shape (E,); NaN where missing.
    exclusions
        What of the input is not in here.
    grouping
        What a group is called in sentences: ``"session"``.
    folder
        Where the events lie prepared; "" where they are in memory alone.
    """

    names: Column
    at: Ints
    offsets: Ints
    groups: Sequence[str]
    users: Codes
    of_groups: Mapping[str, Column] = field(default_factory=dict)
    of_events: Mapping[str, Column] = field(default_factory=dict)
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    grouping: str = "session"
    folder: str = ""

    @property
    def size(self) -> int:
        """Number of groups."""
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Outcome:
    """A KPI, by group.

    Parameters
    ----------
    values : shape (G,)
        The KPI; NaN where it is undefined for a group. A binary KPI is 0 or 1.
    harm
        +1 where more is worse (an error), -1 where more is better (converted).
    text
        The KPI as it was asked for.
    """

    name: str
    values: Floats
    harm: int
    binary: bool
    text: str
    touches: frozenset[str] = frozenset()
    """Event names that the KPI itself is made of: a pattern that holds one is not news and is not asked about."""
    attributes: frozenset[str] = frozenset()
    """Attributes that the KPI itself is made of: a cohort by one is not news and is not asked about."""
    why: str = ""
    """Why this direction is harm: as the question says, or by which rule."""
    exclusions: tuple[Exclusion, ...] = ()
    """Groups for which it is undefined, by reason."""
    timed: bool = False
    """Whether it is a length of time within a group: how long parts of a group last is then no news."""
    unit: str = ""
    """``"s"`` where values are lengths of time, else ""."""
    sums: bool = True
    """Whether values of groups may be added up: not those of a rate, a quotient, a mean, a least or greatest value."""


@dataclass(frozen=True)
class Hypothesis:
    """A set of groups, by what they have in common.

    Parameters
    ----------
    id
        Stable across runs: made of template and parameters alone.
    words
        Whom it is about, as the subject of a sentence: ``"sessions with a > b > c"``.
    sql
        A query over the events that returns the ids of its groups, or "" where SQL cannot say it.
    """

    id: str
    template: str
    params: Mapping[str, Value | tuple[str, ...]]
    words: str
    sql: str = ""


@dataclass(frozen=True)
class Incidence:
    """Members of hypotheses, in rows: those of row ``h`` are ``groups[indptr[h]:indptr[h + 1]]``, ascending."""

    indptr: Ints
    groups: Codes

    def __len__(self) -> int:
        return len(self.indptr) - 1


class Family(Protocol):
    """Hypotheses that one pass computes together."""

    @property
    def template(self) -> str:
        """Return the name of the template that asks."""
        ...

    def __len__(self) -> int:
        """Return how many hypotheses there are; all of them count as asked once they have the least support."""
        ...

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        ...

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        ...

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` (shape (G,), no NaN) over the members of each hypothesis, shape (H,)."""
        ...

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        ...


@dataclass(frozen=True)
class Effect:
    """How an outcome differs between members and the rest.

    `ratio` is of harm (members' over others'), `difference` of the KPI itself; `low` and `high` bound the ratio (95 %).
    """

    ratio: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """One opportunity: an association that passed every expert asked.

    Parameters
    ----------
    support
        Groups in it.
    share
        The same as a share of all groups with the outcome defined [1].
    users
        Users in it.
    q
        Benjamini-Hochberg over all tests of the run, on the adjusted minimum-effect null.
    p_family
        Westfall-Young by user-clustered permutation, or NaN where it was not asked for.
    bound
        Upper bound of what could be won: harmed groups in excess of the adjusted expectation, or the sum of the
        adjusted differences of a numeric KPI; NaN where the KPI has no sum.
    weekly
        Whether `bound` is a week; else it is in all the data, whose groups begin within too short a time for a rate.
    experts
        What each expert said, by name: a figure or a word.
    alike
        Hypotheses that are overlaps of this one.
    examples
        Ids of some harmed groups.
    sentence
        The finding in words; `telic.opportunities.words` writes it where the judge left it empty.
    place
        Which of the families given to the judge, and which row of it, this is; (-1, -1) in a record that was read.
    """

    hypothesis: Hypothesis
    outcome: str
    support: int
    share: float
    users: int
    crude: Effect
    adjusted: Effect
    p: float
    q: float
    p_family: float
    bound: float
    experts: Mapping[str, Value]
    alike: tuple[Hypothesis, ...]
    examples: tuple[str, ...]
    sentence: str = ""
    weekly: bool = True
    place: tuple[int, int] = (-1, -1)


@dataclass(frozen=True)
class Surfaced:
    """What a run found, and what it looked at to find it."""

    findings: tuple[Finding, ...]
    outcomes: tuple[str, ...]
    events: int
    groups: int
    users: int
    asked: Mapping[str, int]
    """Hypotheses tested, by template."""
    exclusions: tuple[Exclusion, ...]
    seconds: Mapping[str, float]
    """Wall time by stage [s]."""
    record: Mapping[str, Value] = field(default_factory=dict)
    """Hashes and settings from which the run can be repeated."""
