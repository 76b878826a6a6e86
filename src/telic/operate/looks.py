"""Looks at the entry: what users got, by the half second in which their requests ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telic.errors import StoreFailed, WorldUnavailable
from telic.model import Store
from telic.model.intent import Objective

CELL = 0.5  # length of a cell [s]; stalls are shorter, harm is longer
BACK = 6.0  # cells so old may still grow: spans are exported every half second [s]
HISTORY = 60.0  # what a new operator reads of the time before it [s]
LONGEST = 5.0  # a request [s]
COMPLETE = 0.8  # before the newest metric of anything, every service has exported [s]
FRESH = 2.5  # a metric so young says that telemetry arrives [s]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Count:
    """Requests of one operation that ended, and which of them each objective calls bad."""

    total: int
    bad: Mapping[str, int] = field(default_factory=dict)  # objective id to requests
    refused: int = 0  # of the total, those refused at the door (429); bad for a success objective


Cells = Mapping[tuple[int, str], Count]  # number of the cell since the epoch, and operation, to counts


@dataclass(frozen=True)
class Look:
    """What telemetry says at one moment."""

    time: float  # [s since the Unix epoch]
    cells: Cells = field(default_factory=dict)  # everything that is known of the last seconds
    until: float = 0.0  # of the time before, everything has arrived [s since the Unix epoch]
    heard: bool = True  # any telemetry of anything arrived


class Source(Protocol):
    """Where looks come from."""

    def look(self, now: float) -> Look:
        """Return what is known now; blind where nothing answers."""
        ...

    def history(self, now: float) -> Look:
        """Return what is known of the minute before the first look."""
        ...


class StoreSource:
    """Asks the telemetry store.

    Cells are half seconds of the requests' *end*: an export that is late, or two that come at once, change when a cell
    is known, not which cell it is.

    Parameters
    ----------
    store
        The telemetry.
    entry
        The service at which users enter.
    objectives
        Ratio objectives of that service.
    """

    def __init__(self, store: Store, entry: str, objectives: Sequence[Objective]) -> None:
        self._store, self._entry = store, entry
        self._objectives = tuple(each for each in objectives if each.service == entry)

    def look(self, now: float) -> Look:
        """Return what is known now."""
        return self._look(now, BACK)

    def history(self, now: float) -> Look:
        """Return what is known of the minute before."""
        return self._look(now, HISTORY)

    def _look(self, now: float, back: float) -> Look:
        try:
            cells, newest = ask(self._store, self._entry, self._objectives, now - back)
            return Look(now, cells, min(now, newest) - COMPLETE, newest > now - FRESH)
        except (StoreFailed, WorldUnavailable) as error:
            _log.warning("no look at telemetry: %s", error)
            return Look(now, heard=False)


def ask(store: Store, entry: str, objectives: Sequence[Objective], since: float) -> tuple[Cells, float]:
    """Return counts by half second and operation of the requests that ended since a time [s since the Unix epoch].

    Bad for a success objective is whatever is no answer: errors and statuses from 400 on, but for 422, the status of
    business errors that the intent declares. Bad for a latency objective is what was slower.

    Returns
    -------
    The counts, and when the newest metric of anything was measured [s since the Unix epoch]; 0 where there is none.
    """
    failed = "count(*) FILTER (WHERE status = 'error' OR http_status BETWEEN 400 AND 421 OR http_status >= 423)"
    columns = ["count(*) FILTER (WHERE http_status = 429) AS refused"]
    columns += [
        f"{failed} AS bad_{index}"
        if each.sli == "success"
        else f"count(*) FILTER (WHERE duration_ns > {round(each.below * 1e9)}) AS bad_{index}"
        for index, each in enumerate(objectives)
    ]
    counted = ", ".join(["count(*) AS total", *columns])
    sql = f"""
    SELECT (start_ns + duration_ns) // {round(CELL * 1e9)} AS cell, name, {counted}
    FROM spans WHERE start_ns >= ? AND service = ? AND kind = 'server' AND start_ns + duration_ns >= ?
    GROUP BY cell, name
    UNION ALL SELECT max(time_ns), '', {", ".join("0" for _ in ["total", *columns])} FROM metrics WHERE time_ns >= ?"""
    start = int(since / CELL) * round(CELL * 1e9)
    rows = store.query(sql, (start - round(LONGEST * 1e9), entry, start, start), timeout=2.0)
    newest = next((row["cell"] for row in rows if not row["name"]), None)
    cells = {
        (int(str(row["cell"])), str(row["name"])): Count(
            int(str(row["total"])),
            {each.id: int(str(row[f"bad_{index}"])) for index, each in enumerate(objectives)},
            int(str(row["refused"])),
        )
        for row in rows
        if row["name"]
    }
    return cells, float(str(newest)) / 1e9 if newest is not None else 0.0
