"""Notices that nobody is refused any more: whoever checked requests has ceased to.

Some requests are wrong and are declined with a business error (422) that the intent names: a data set whose lines are
no JSON, a card that does not exist. Where that share falls away while as many ask as before, a check is gone, and what
should have been kept out is let in; no request fails and none is slow. Per operation, one of the last stretches of
requests has to show all of these:

1. *Material*: at least twelve declines were to be expected, by the operation's own share in well times.
2. *Nearly none*: at most a tenth of them came.
3. *More than chance*: so few would come with a probability below 1e-5 (Poisson) even if half as many requests were
   wrong as usual: people who ask differently alarm nobody.

Only time of which telemetry must be complete is looked at, as of traffic (`telic.operate.traffic`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from telic.model import Symptom
from telic.operate.looks import CELL, Look
from telic.operate.statistics import poisson_at_most

NAME = "declines"  # the objective of such a symptom
EXPECTED = 12.0  # declines in a stretch, at least [1]
FEW = 0.1  # of those expected [1]
ORDINARY = 0.5  # of the usual share: people who ask differently [1]
CHANCE = 1e-5  # of so few [1]
STRETCHES = (8, 12, 16, 24, 40, 60, 80)  # cells of the operation: four to forty seconds [1]
KEPT = 320  # cells that are known of an operation [1]
RECENT = 80  # of them are not part of what is usual [1]
USUAL = 10  # declines in well times, at least: fewer are no habit [1]
BACK = 3  # declines that say that the check is there again [1]


@dataclass(frozen=True)
class _Cell:
    """Requests of one operation in one half second."""

    number: int
    total: int
    declined: int


class DeclineMonitor:
    """Compares how many requests of an operation are declined with how many were while all was well.

    Parameters
    ----------
    entry
        Where users enter.
    """

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._cells: dict[str, dict[int, _Cell]] = {}
        self._usual: dict[str, float] = {}  # share that is declined, by operation [1]

    def step(self, look: Look, *, frozen: bool) -> list[Symptom]:
        """Take one look; return a symptom for each operation that declines nothing any more.

        Parameters
        ----------
        look
            The newest.
        frozen
            Whether an incident is open: what is seen now is not what is usual.
        """
        for (number, operation), count in look.cells.items():
            if count.declined or operation in self._cells:
                cells = self._cells.setdefault(operation, {})
                cells[number] = _Cell(number, count.total, count.declined)
                if len(cells) > KEPT:
                    del cells[min(cells)]
        until = int(look.until / CELL)
        judged = (self._judge(name, until, look.time) for name in self._cells)
        found = [each for each in judged if each is not None]
        if not frozen and not found:
            self._learn(until)
        return found

    def well(self, operation: str, after: float) -> bool:
        """Whether `operation` has declined requests since `after` [s since the Unix epoch]."""
        cells = self._cells.get(operation, {}).values()
        return sum(each.declined for each in cells if each.number * CELL >= after) >= BACK

    def _learn(self, until: int) -> None:
        for name, known in self._cells.items():
            older = [each for each in known.values() if each.number < until - RECENT] or self._first(known.values())
            declined, total = _sums(older)
            self._usual[name] = declined / total if declined >= USUAL else 0.0

    @staticmethod
    def _first(known: Iterable[_Cell]) -> list[_Cell]:
        """Return the older half of what is known: after a start nothing is old yet."""
        cells = sorted(known, key=lambda each: each.number)
        return cells[: len(cells) // 2]

    def _judge(self, name: str, until: int, now: float) -> Symptom | None:
        usual = self._usual.get(name, 0.0)
        cells = sorted((each for each in self._cells[name].values() if each.number < until), key=lambda e: e.number)
        for stretch in (cells[-length:] for length in STRETCHES if usual and length <= len(cells)):
            declined, total = _sums(stretch)
            expected = usual * total
            if declined > FEW * expected:
                return None  # some are declined by now
            if expected >= EXPECTED and poisson_at_most(declined, ORDINARY * expected) < CHANCE:
                before = [each.number + 1 for each in cells if each.declined] if not declined else []
                onset, missing = max(before, default=stretch[0].number) * CELL, round(expected) - declined
                burn = expected / max(1, declined)
                return Symptom(NAME, self._entry, name, "answers", onset, now, burn, missing, total)
        return None


def _sums(cells: Iterable[_Cell]) -> tuple[int, int]:
    """Return declined and all requests."""
    some = list(cells)
    return sum(each.declined for each in some), sum(each.total for each in some)
