"""Looks at the entry: what users got, by the half second in which their requests ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from telic.errors import StoreFailed, WorldUnavailable
from telic.model import AnswerStep, Store, Window
from telic.model.intent import BadErrors, Objective
from telic.telemetry.poll import declared
from telic.telemetry.queries import QueueStep, ReplicaStep, passed, told_steps, untaken_steps

CELL = 0.5  # length of a cell [s]; stalls are shorter, harm is longer
BACK = 6.0  # cells so old may still grow: spans are exported every half second [s]
HISTORY = 60.0  # what a new operator reads of the time before it [s]
LONGEST = 5.0  # a request [s]
COMPLETE = 0.8  # before the newest metric of anything, every service has exported [s]
FRESH = 2.5  # a metric so young says that telemetry arrives [s]
QUEUES_EVERY = 1.0  # between two looks at queues [s]
QUEUES_BACK = 8.0  # of the time before that such a look takes in [s]
PASSED_EVERY = 5.0  # between two looks for new queues and consumers [s]
FAILED = "status = 'error' OR http_status BETWEEN 400 AND 421 OR http_status >= 423"
"""What no answer is, in SQL over spans, a chain of OR; 422 is of business errors that the intent declares."""
NONE: BadErrors = {}
_STATUSES = {"refused": 429, "declined": 422}  # that are counted by themselves

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Count:
    """Requests of one operation that ended, and which of them each objective calls bad."""

    total: int
    bad: Mapping[str, int] = field(default_factory=dict)  # objective id to requests
    refused: int = 0  # of the total, those refused at the door (429); bad for a success objective
    declined: int = 0  # of the total, those that a business error answered (422)


Cells = Mapping[tuple[int, str], Count]  # number of the cell since the epoch, and operation, to counts


@dataclass(frozen=True)
class Look:
    """What telemetry says at one moment."""

    time: float  # [s since the Unix epoch]
    cells: Cells = field(default_factory=dict)  # everything that is known of the last seconds
    until: float = 0.0  # of the time before, everything has arrived [s since the Unix epoch]
    heard: bool = True  # any telemetry of anything arrived
    queues: Sequence[QueueStep] = ()  # what waits at consumers, second by second; empty also between two looks at it
    replicas: Sequence[ReplicaStep] = ()  # how far replicas are behind; empty where the world has none
    answers: Sequence[AnswerStep] = ()  # what was checked of the answers since the look before


def failed(bad_errors: BadErrors) -> str:
    """Return what is bad whatever time it took, in SQL over the entry's spans, a chain of OR."""
    return f"{FAILED} OR {declared(bad_errors)}" if bad_errors else FAILED


class Source(Protocol):
    """Where looks come from."""

    def look(self, now: float) -> Look:
        """Return what is known now; blind where nothing answers."""
        ...

    def history(self, now: float, began: float) -> Look:
        """Return what is known of the minute before the first look.

        Users of the system before it `began` [s since the Unix epoch] are gone with that run, which harms nobody: no
        look takes them in.
        """
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
    bad_errors
        Business errors that are bad service, by operation.
    """

    def __init__(self, store: Store, entry: str, objectives: Sequence[Objective], bad_errors: BadErrors = NONE) -> None:
        self._store, self._entry, self._failed = store, entry, failed(bad_errors)
        self._objectives = tuple(each for each in objectives if each.service == entry)
        self._queues = QueueSource(store)
        self._began = 0.0

    def look(self, now: float) -> Look:
        """Return what is known now."""
        return self._look(now, BACK)

    def history(self, now: float, began: float) -> Look:
        """Return what is known of the minute before."""
        self._began = began
        return self._look(now, HISTORY)

    def _look(self, now: float, back: float) -> Look:
        back = min(back, now - self._began)
        try:
            cells, newest = ask(self._store, self._entry, self._objectives, now - back, self._failed)
            until = min(now, newest) - COMPLETE
            return Look(now, cells, until, newest > now - FRESH, self._queues.look(now, until, back))
        except (StoreFailed, WorldUnavailable) as error:
            _log.warning("no look at telemetry: %s", error)
            return Look(now, heard=False)


class QueueSource:
    """Asks the telemetry store what waits at consumers; little where nobody sends to a queue.

    Parameters
    ----------
    store
        The telemetry.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subjects: dict[str, str] = {}  # of each consumer that was ever seen
        self._unseen = False  # a subject that nobody was seen to take
        self._passed_at = self._looked_at = float("-inf")

    def look(self, now: float, until: float, back: float) -> Sequence[QueueStep]:
        """Return what waited in the whole seconds up to `until` [s since the Unix epoch], by consumer and time.

        Gauges of consumers tell; where one of those that are known sends none, spans do.
        """
        if back <= BACK:  # one of many
            if now - self._looked_at < QUEUES_EVERY - 1e-6:
                return ()
            self._looked_at = now
        try:
            return self._ask(now, until, back)
        except StoreFailed as error:  # what users get is known all the same
            _log.warning("no look at queues: %s", error)
            return ()

    def _ask(self, now: float, until: float, back: float) -> Sequence[QueueStep]:
        self._look_around(now, back)
        if not self._subjects and not self._unseen:
            return ()
        window = Window(float(int(until - max(QUEUES_BACK, back))), float(int(until)))
        told = told_steps(self._store, window)
        speaking = {each.consumer for each in told if each.time >= window.end - FRESH}
        untaken = []
        if self._unseen or not speaking.issuperset(self._subjects):
            untaken = [each for each in untaken_steps(self._store, window) if each.consumer not in speaking]
        found = [replace(each, subject=each.subject or self._subjects.get(each.consumer, "")) for each in told]
        return sorted((*found, *untaken), key=lambda each: (each.consumer, each.time))

    def _look_around(self, now: float, back: float) -> None:
        if now - self._passed_at < PASSED_EVERY:
            return
        self._passed_at = now
        seen = passed(self._store, Window(now - max(BACK, back), now))
        self._subjects.update((each.service, each.subject) for each in seen if each.kind == "consumer")
        self._unseen = bool({each.subject for each in seen} - set(self._subjects.values()))


def ask(
    store: Store, entry: str, objectives: Sequence[Objective], since: float, bad: str = FAILED
) -> tuple[Cells, float]:
    """Return counts by half second and operation of the requests that ended since a time [s since the Unix epoch].

    Bad for a success objective is whatever is no answer: errors and statuses from 400 on, but for 422, the status of
    business errors that the intent declares, unless it calls them bad (`failed`). Bad for a latency objective is what
    was slower.

    Returns
    -------
    The counts, and when the newest metric of anything was measured [s since the Unix epoch]; 0 where there is none.
    """
    columns = [f"count(*) FILTER (WHERE http_status = {status}) AS {name}" for name, status in _STATUSES.items()]
    columns += [
        f"count(*) FILTER (WHERE {bad}) AS bad_{index}"
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
            *(int(str(row[name])) for name in _STATUSES),
        )
        for row in rows
        if row["name"]
    }
    return cells, float(str(newest)) / 1e9 if newest is not None else 0.0
