"""Opportunities: what quietly costs users, exactly, fast and with statistics that can be believed.

Examples
--------
>>> from telic.opportunities import Ask, find, write_page
>>> run = find(Ask("visits.parquet", ("error: session has 'app_error'",)))  # doctest: +SKIP
>>> [each.sentence for each in run.surfaced.findings]  # doctest: +SKIP
>>> write_page(Path("week.html"), run)  # doctest: +SKIP
"""

from __future__ import annotations

from telic.opportunities.ask import Ask
from telic.opportunities.compare import compare
from telic.opportunities.find import find
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
from telic.opportunities.page import write as write_page
from telic.opportunities.record import Run
from telic.opportunities.record import read as read_run
from telic.opportunities.share import export
from telic.opportunities.watch import watch

__all__ = [
    "Ask",
    "Column",
    "Effect",
    "Exclusion",
    "Family",
    "Finding",
    "Hypothesis",
    "Incidence",
    "Outcome",
    "Prepared",
    "Run",
    "Surfaced",
    "compare",
    "export",
    "find",
    "read_run",
    "watch",
    "write_page",
]
