"""The operator's poll (`telic.telemetry.poll`), answered from the newest spans as numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.poll import Asked, Column, Poll, read_poll
from telic.worlds.queueing.layout import SERVER
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.rows import NS
from telic.worlds.queueing.telemetry import Words

KEPT = 90 * NS  # how far back requests are known [ns]


@dataclass(frozen=True)
class _Served:
    """Requests that services answered, by when they ended."""

    ended: Any  # [ns since the Unix epoch]
    began: Any  # [ns since the Unix epoch]
    operation: Any  # number
    status: Any  # 0 where there is none
    failed: Any

    def __getitem__(self, chosen: Any) -> _Served:
        return _Served(*(each[chosen] for each in self.columns))

    @property
    def columns(self) -> tuple[Any, ...]:
        """All of them, in order."""
        return self.ended, self.began, self.operation, self.status, self.failed


class Looks:
    """The last 90 s of requests.

    Parameters
    ----------
    plan, words
        Of the run.
    """

    def __init__(self, plan: Plan, words: Words) -> None:
        self._plan, self._words = plan, words
        self._polls: dict[str, Poll | None] = {}
        self._parts: deque[_Served] = deque()  # oldest first
        self._known_from = 0  # requests that ended before are not all known [ns since the Unix epoch]

    def add(self, spans: Any) -> None:
        """Take spans that have arrived, sorted by their end; none of them ended before those that came earlier."""
        served = spans[spans["kind"] == SERVER]
        if not len(served):
            return
        began = self._words.ns(served["start"])
        ended = began + self._words.took(served)
        self._parts.append(_Served(ended, began, served["what"], *self._words.status(served)))
        while (last := int(self._parts[0].ended.max())) < int(ended[-1]) - KEPT:
            self._known_from = max(self._known_from, last + 1)
            self._parts.popleft()

    def answer(self, sql: str, params: Sequence[Scalar | None], measured: int) -> list[Row] | None:
        """Return the poll's rows; None where the database has to be asked.

        Parameters
        ----------
        measured
            When the newest data point was measured [ns since the Unix epoch]; 0 without any.
        """
        poll = self._polls[sql] if sql in self._polls else self._polls.setdefault(sql, read_poll(sql))
        asked = poll.asked(params) if poll is not None else None
        if poll is None or asked is None or asked.ended < self._known_from or asked.service not in self._plan.services:
            return None
        newest = measured if measured and measured >= asked.measured else None
        return [*self._rows(poll, asked), poll.last(newest)]

    def _rows(self, poll: Poll, asked: Asked) -> list[Row]:
        found = self._since(asked)
        if not len(found.ended):
            return []
        names = len(self._plan.names)
        keys, group, totals = np.unique(
            found.ended // poll.cell_ns * names + found.operation, return_inverse=True, return_counts=True
        )
        counts = [np.bincount(group, _counted(each, found), len(keys)).astype(int).tolist() for each in poll.columns]
        places = [divmod(each, names) for each in keys.tolist()]
        return [
            poll.row(cell, self._plan.names[operation][1], total, each)
            for (cell, operation), total, *each in zip(places, totals.tolist(), *counts, strict=True)
        ]

    def _since(self, asked: Asked) -> _Served:
        """Return the requests that the poll counts."""
        parts = []
        node = self._plan.services.index(asked.service)
        for part in reversed(self._parts):
            if part.ended.max() < asked.ended:
                break
            mine = self._plan.operations["node"][part.operation] == node
            parts.append(part[mine & (part.ended >= asked.ended) & (part.began >= asked.started)])
        columns = zip(*(each.columns for each in parts), strict=True)
        return _Served(*map(np.concatenate, columns)) if parts else _Served(*[np.zeros(0, np.int64)] * 5)


def _counted(column: Column, found: _Served) -> Any:
    """Return which requests a column counts."""
    counted = found.ended - found.began > column.slower
    if column.error:
        counted |= found.failed
    for low, high in column.statuses:
        counted |= (found.status >= max(low, 1)) & (found.status <= high)
    return counted
