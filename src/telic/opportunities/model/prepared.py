"""Prepared events and what is asked about them: columns, groups, and an outcome by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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
