"""Regions of a template: hypotheses near each other, of which one that was found makes the others likelier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from telic.opportunities.model import Family, Hypothesis, Ints

MOST = 4096  # regions that a record lists by name; the others of a template are one [1]
_VALUES = ("value", "values", "label", "second_value", "at")  # parameters that tell neighbours apart


def region(hypothesis: Hypothesis) -> str:
    """Return the region of a hypothesis: its template, what it is about, and where a sequence begins.

    Examples
    --------
    >>> region(Hypothesis("", "ngrams", {"events": ("pay", "retry", "back")}, ""))
    'ngrams events=pay+2'
    >>> region(Hypothesis("", "attributes", {"attribute": "os", "value": "os_7"}, ""))
    'attributes attribute=os'
    """
    parts = [hypothesis.template]
    for name, value in sorted(hypothesis.params.items()):
        if name in _VALUES:
            continue
        if isinstance(value, tuple):
            value = f"{value[0]}+{len(value) - 1}" if value else "none"
        parts.append(f"{name}={value}")
    return " ".join(parts)


def regions(family: Family, rows: Ints) -> list[str]:
    """Return the region of each of some rows."""
    return [region(family.hypothesis(int(row))) for row in rows]


def asked(family: Family, least: int) -> Ints:
    """Return the rows that have the least support: the tests of a family."""
    return np.flatnonzero(family.support() >= least).astype(np.int64)


def sizes(families: Iterable[Family], least: int) -> dict[str, int]:
    """Return how many tests each region has."""
    found: Counter[str] = Counter()
    for family in families:
        found.update(regions(family, asked(family, least)))
    return dict(found)


def tally(tests: Mapping[str, int], found: Iterable[Hypothesis]) -> dict[str, tuple[int, int]]:
    """Return tests and findings of each region, for the record of a run.

    Of more than `MOST` regions those without a finding are put together, by template.
    """
    hits = Counter(region(each) for each in found)
    kept: dict[str, tuple[int, int]] = {}
    for name, number in tests.items():
        if len(tests) <= MOST or hits[name]:
            kept[name] = (number, hits[name])
        else:
            rest = f"{name.split(' ', 1)[0]} *"
            kept[rest] = (kept.get(rest, (0, 0))[0] + number, 0)
    return kept
