"""The language of KPIs and hypotheses: text, YAML or Python, typed, with errors that point at the place.

``docs/reference/opportunities.md`` describes it; every example there is run by a test.
"""

from __future__ import annotations

from telic.opportunities.language.events import Events
from telic.opportunities.language.kpi import hypothesis, kpi
from telic.opportunities.language.parser import parse_hypothesis, parse_kpi, parse_value
from telic.opportunities.language.place import InvalidQuestion, Written
from telic.opportunities.language.printer import write
from telic.opportunities.language.rename import renamed
from telic.opportunities.language.tree import Kpi, Stated

__all__ = [
    "Events",
    "InvalidQuestion",
    "Kpi",
    "Stated",
    "Written",
    "hypothesis",
    "kpi",
    "parse_hypothesis",
    "parse_kpi",
    "parse_value",
    "renamed",
    "write",
]
