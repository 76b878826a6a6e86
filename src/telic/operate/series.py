"""What monitors count: the last half seconds of one operation under one objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from telic.model.intent import Objective
from telic.operate.looks import CELL

SHARE = 0.05  # of an operation's requests: the definition of user harm [1]
FLOOR = 0.005  # of an operation's requests are bad by chance at least: none is better [1]
HARM = 2  # bad requests in a second: the same [1]


@dataclass(frozen=True)
class Cell:
    """Half a second of one operation under one objective."""

    number: int  # since the epoch
    total: int
    bad: int
    refused: int = 0  # of the total, at the door

    @property
    def start(self) -> float:
        """When it began [s since the Unix epoch]."""
        return self.number * CELL

    @property
    def harmed(self) -> bool:
        """Whether at least 5 % of its requests were bad."""
        return self.bad >= 1 and self.bad >= SHARE * self.total


@dataclass
class Series:
    """The last cells of one operation under one objective."""

    objective: Objective
    operation: str
    cells: dict[int, Cell] = field(default_factory=dict)  # by number, oldest first
    normal: list[Cell] = field(default_factory=list)  # frozen while users are harmed

    @property
    def signal(self) -> Literal["errors", "latency"]:
        """What a bad request is."""
        return "errors" if self.objective.sli == "success" else "latency"

    def add(self, number: int, total: int, bad: int, refused: int) -> None:
        """Take a cell as it is known now."""
        known = self.cells.get(number)
        if known is None:
            late = bool(self.cells) and number < next(reversed(self.cells))
            self.cells[number] = Cell(number, total, bad, refused)
            if late:
                self.cells = dict(sorted(self.cells.items()))
        elif (known.total, known.bad, known.refused) != (total, bad, refused):
            self.cells[number] = Cell(number, total, bad, refused)

    def last(self, count: int) -> list[Cell]:
        """Return the newest `count` cells, oldest first."""
        return list(islice(reversed(self.cells.values()), count))[::-1]


def harmed_seconds(cells: Sequence[Cell]) -> int:
    """Return how many seconds are user harm, counting each cell once."""
    found, used = 0, -1
    for first, second in zip([Cell(-2, 0, 0), *cells], cells, strict=False):
        joined = first if first.number == second.number - 1 and first.number > used else Cell(0, 0, 0)
        total, bad = joined.total + second.total, joined.bad + second.bad
        if bad >= HARM and bad >= SHARE * total:
            found, used = found + 1, second.number
    return found
