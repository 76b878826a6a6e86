"""The nouns of the opportunity finder: prepared events, outcomes, hypotheses, families, findings."""

from __future__ import annotations

from telic.opportunities.model.finding import Effect, Finding, Surfaced
from telic.opportunities.model.hypothesis import Family, Hypothesis, Incidence, Value
from telic.opportunities.model.prepared import Codes, Column, Exclusion, Floats, Ints, Outcome, Prepared

__all__ = [
    "Codes",
    "Column",
    "Effect",
    "Exclusion",
    "Family",
    "Finding",
    "Floats",
    "Hypothesis",
    "Incidence",
    "Ints",
    "Outcome",
    "Prepared",
    "Surfaced",
    "Value",
]
