"""Scenarios as data: what runs, what goes wrong, what is noise, and what is asked."""

from __future__ import annotations

from telic.lab.scenario.finding import files, suite, suites
from telic.lab.scenario.reading import parse, read
from telic.lab.scenario.scenario import TASKS, Load, Noise, Phases, Placed, Scenario, digest
from telic.lab.scenario.writing import write

__all__ = [
    "TASKS",
    "Load",
    "Noise",
    "Phases",
    "Placed",
    "Scenario",
    "digest",
    "files",
    "parse",
    "read",
    "suite",
    "suites",
    "write",
]
