"""When the harm that goes on began: one stall of a machine, well over before it, is none of it.

Monitors take the first bad second of their window. On a busy machine that may be a stall ten seconds before a fault:
the fault's own deploy would then come after the harm, and what a process did until it was stopped look like progress.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telic.model import Incident
from telic.operate.diagnosis.asking import Asking
from telic.operate.series import SHARE

CELL = 0.5  # [s]
CALM = 3.0  # users were served well for so long before harm came back [s]
SERVED = 5  # at least so many of them [1]
MOST = 0.9  # of all harmed requests came after that [1]

HARMED = "(status = 'error' OR duration_ns > ? OR http_status BETWEEN 400 AND 421 OR http_status >= 423)"
CELLS = f"""
SELECT CAST(floor((start_ns + duration_ns) / {CELL * 1e9}) AS BIGINT) AS cell, count(*) AS total,
       count(*) FILTER (WHERE {HARMED}) AS bad
FROM spans
WHERE service = ? AND kind = 'server' AND start_ns >= ? AND start_ns < ?
  AND (? = '' OR list_contains(string_split(?, ','), name))
GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Served:
    """What became of the requests that ended in one half second."""

    start: float  # [s since the Unix epoch]
    total: int
    bad: int


def operations(incident: Incident) -> str:
    """Return the operations whose users are harmed, with commas between; empty where no symptom names one."""
    return ",".join(sorted({each.operation for each in incident.symptoms if each.felt and each.operation}))


def onset_of(asking: Asking, entry: str, incident: Incident, threshold: float) -> float:
    """Return when the harm of an incident that goes on began [s since the Unix epoch].

    Parameters
    ----------
    asking
        About the time from the first bad second of all on.
    threshold
        Longer requests are slow [s].
    """
    first = asking.window.start
    if not incident.symptoms or not all(each.felt for each in incident.symptoms):
        return first
    names = operations(incident)
    params = (round(threshold * 1e9), entry, *asking.bounds, names, names)
    rows = asking.ask(
        "harm", "requests and harmed ones by half second", lambda store, window: store.query(CELLS, params)
    )
    cells = [Served(int(str(row["cell"])) * CELL, int(str(row["total"])), int(str(row["bad"]))) for row in rows]
    return resumed(cells, first)


def resumed(cells: Sequence[Served], first: float) -> float:
    """Return when nearly all harm began after users had been served well for a while; `first` where it never ceased.

    Examples
    --------
    >>> stall = [Served(10.0, 5, 3)]
    >>> calm = [Served(10.5 + CELL * each, 5, 0) for each in range(8)]
    >>> harm = [Served(14.5 + CELL * each, 5, 5) for each in range(8)]
    >>> resumed([*stall, *calm, *harm], 10.0)
    14.5
    >>> resumed([*stall, *calm, *stall], 10.0)
    10.0
    """
    found, left = first, sum(each.bad for each in cells)
    wanted, well_since, served = MOST * left, first, 0
    for each in cells:
        if each.bad <= SHARE * each.total:
            served += each.total
        else:
            if left >= wanted and served >= SERVED and each.start - well_since >= CALM:
                found = each.start
            well_since, served = each.start + CELL, 0
        left -= each.bad
    return found
