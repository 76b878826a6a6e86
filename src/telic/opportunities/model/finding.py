"""Associations that passed every expert asked, and what a run looked at to find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telic.opportunities.model.hypothesis import Hypothesis, Value
from telic.opportunities.model.prepared import Exclusion


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
