"""Sets of groups by what they have in common: hypotheses, and the families that one pass computes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from telic.opportunities.model.prepared import Codes, Floats, Ints

Value = str | int | float | bool | None


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
