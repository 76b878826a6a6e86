"""Mild harm that lasts: few requests, or few of them bad, and yet the objective is lost by the minute.

Short windows compare an operation with itself. Harm that comes to one request in six of an operation that is asked
twice a second needs longer to be told from chance than they are long, and what goes on for that long is soon taken for
the operation's habit. So longer windows are compared with the objective itself: at least 6 bad requests and 5 %, the
budget burnt at 14.4 times what the objective allows (2 % of the budget of 30 days in an hour), beyond chance (1e-6) if
the operation only just met its objective, and in each quarter of the window, which a stall or a restart is not.

Errors only: a machine that others use makes a few requests in a hundred late for minutes.

Burn rate: B. Beyer et al., "The Site Reliability Workbook", O'Reilly 2018, table 5-8.
"""

from __future__ import annotations

from collections.abc import Sequence

from telic.operate.looks import CELL
from telic.operate.series import FLOOR, SHARE, Cell
from telic.operate.statistics import binomial_tail

WINDOWS = (20.0, 40.0, 80.0)  # [s]
QUARTERS = 4
LEAST = 6  # bad requests [1]
BURN = 14.4  # budget spent per budget allowed [1]
CHANCE = 1e-6  # [1]


def lasting(cells: Sequence[Cell], target: float) -> Sequence[Cell]:
    """Return the newest of `cells` in which mild harm lasts, from its onset on; empty where none does.

    Parameters
    ----------
    cells
        Of one operation under one objective, oldest first.
    target
        Share of requests that the objective wants to be good [1].
    """
    for seconds in WINDOWS:
        quarter = round(seconds / CELL / QUARTERS)
        window = _newest(cells, quarter * QUARTERS)
        if window and _harmed(window, target) and _in_each(window, quarter):
            return _since_onset(cells, window[0].number, quarter)
    return ()


def _newest(cells: Sequence[Cell], count: int) -> Sequence[Cell]:
    """Return those of the last `count` half seconds; empty where less is known."""
    if not cells or cells[0].number > cells[-1].number - count + 1:
        return ()
    first = next(at for at, each in enumerate(cells) if each.number > cells[-1].number - count)
    return cells[first:]


def _harmed(window: Sequence[Cell], target: float) -> bool:
    total, bad = sum(each.total for each in window), sum(each.bad for each in window)
    budget = max(1e-9, 1.0 - target)
    return (
        bad >= LEAST
        and bad >= SHARE * total
        and bad >= BURN * budget * total
        and binomial_tail(bad, total, max(FLOOR, budget)) < CHANCE
    )


def _in_each(window: Sequence[Cell], quarter: int) -> bool:
    last = window[-1].number
    return len({(last - each.number) // quarter for each in window if each.bad}) == QUARTERS


def _since_onset(cells: Sequence[Cell], start: int, quarter: int) -> Sequence[Cell]:
    """Return cells from the first bad one on that belongs to the same stretch: no quarter between them is without."""
    for each in reversed(cells):
        if each.number < start - quarter:
            break
        start = each.number if each.bad and each.number < start else start
    first = next(at for at, each in enumerate(cells) if each.number >= start and each.bad)
    return cells[first:]
