"""Ranges of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UnknownName, UsageError
from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.plan import Node, bins, event_number, greatest, smallest
from telic.opportunities.template import Asking, apart, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.phrases import plain_number, plural, shown
from telic.registry import near_names


@template("bins", example={"columns": ("price",), "parts": 3})
@dataclass(frozen=True)
class Bins:
    """Does it happen where a number is large, or small?

    Of each number a group's greatest (or smallest) is taken, and groups are cut where equal shares of them lie below.
    From outside one sees that large carts, long lists or high prices fail. A hypothesis is named by its part, so that
    it is the same one on other data, where the part may begin elsewhere.

    Parameters
    ----------
    columns
        Numbers that are asked about; none: all of them.
    parts
        Into how many parts of equal size, at least 2.
    of
        ``greatest`` or ``smallest``.
    """

    columns: tuple[str, ...] = ()
    parts: int = 4
    of: str = "greatest"

    def __post_init__(self) -> None:
        if self.parts < 2:
            raise UsageError(f"bins: {self.parts} parts cut nothing", hint="2 at least")
        if self.of not in ("greatest", "smallest"):
            raise UsageError(f"bins: no {self.of!r} of a number", hint="greatest or smallest")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield a family for each number."""
        for column in self.columns or sorted(prepared.numbers):
            if column not in prepared.numbers:
                hint = near_names(column, prepared.numbers) if prepared.numbers else "none is known"
                raise UnknownName(f"no number {column!r}", hint=hint)
            yield from self._parts(column, prepared, asking)

    @apart
    def _parts(self, column: str, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        number = (greatest if self.of == "greatest" else smallest)(event_number(column))
        values = asking.whole.gathered(asking.evaluation(prepared).series(number).values)
        edges = part_edges(values, self.parts)
        if edges:
            yield from one("bins", self._cut(column, number, edges), prepared, asking)
        else:
            why = f"number {column!r} is the same or missing for all {plural(prepared.grouping)}"
            asking.leave_out(Exclusion("column", 1, why))

    def _cut(self, column: str, number: Node, edges: dict[int, float]) -> Cut:
        bounds = list(edges.values())
        places = [0, *edges]
        names = [f"{place + 1} of {self.parts}" for place in places]

        def clause(label: str) -> str:
            at = names.index(label)
            low = plain_number(bounds[at - 1]) if at else ""
            high = plain_number(bounds[at]) if at < len(bounds) else ""
            given = f"from {low} to below {high}" if low and high else f"of {low} or more" if low else f"below {high}"
            return f"with {self.of} {shown(column)} {given}"

        return Cut(
            bins(number, bounds, names),
            params=lambda label: {"number": column, "of": self.of, "part": label},
            clause=clause,
        )


def part_edges(values: np.ndarray[tuple[int], np.dtype[np.float64]], parts: int) -> dict[int, float]:
    """Return where parts of equal size begin, by part from 1; fewer where many values are the same.

    Examples
    --------
    >>> part_edges(np.array([1.0, 2.0, 3.0, 4.0]), 2)
    {1: 3.0}
    """
    known = np.sort(values[np.isfinite(values)])
    found: dict[int, float] = {}
    for part in range(1, parts):
        if len(known):
            edge = float(known[min(len(known) - 1, len(known) * part // parts)])
            if edge > known[0] and edge not in found.values():
                found[part] = edge
    return found
