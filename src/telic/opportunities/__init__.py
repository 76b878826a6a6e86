"""Opportunities: what quietly costs users, exactly, fast and with statistics that can be believed."""

from __future__ import annotations

from telic.opportunities.model import (
    Column,
    Effect,
    Exclusion,
    Family,
    Finding,
    Hypothesis,
    Incidence,
    Outcome,
    Prepared,
    Surfaced,
)

__all__ = [
    "Column",
    "Effect",
    "Exclusion",
    "Family",
    "Finding",
    "Hypothesis",
    "Incidence",
    "Outcome",
    "Prepared",
    "Surfaced",
]
