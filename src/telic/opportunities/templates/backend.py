"""The backend was slow or failing meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.plan import SECOND
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.moments import Stretch, moment, rows_of, slots, touching
from telic.opportunities.templates.phrases import shown

SPANS = """
SELECT service, start_ns - start_ns % ? AS slot, count(*) AS count,
       count(*) FILTER (WHERE status = 'error') / count(*) AS failed, quantile_cont(duration_ns, 0.95) / 1e9 AS slow
FROM spans WHERE start_ns >= ? AND start_ns < ? AND kind = 'server' GROUP BY service, slot ORDER BY service, slot
"""
LEAST = 5
"""Requests in a slot that make its figures worth a look [1]."""


@template(
    "backend", example={"windows": (("checkout", "slow", "2026-03-02T10:00:00", "2026-03-03T18:00:00"),), "width": 60}
)
@dataclass(frozen=True)
class Backend:
    """Was a service of the backend slow or failing while it happened?

    Time is cut into slots; in each a service is slow where it takes so many times its own median, and failing where so
    many of its requests fail. A group is in the cohort of a service and state where one of its events lies in such a
    slot. From outside one sees users lost to an incident that ended long ago, at the very time when it burned.

    Parameters
    ----------
    windows
        What is known already: service, state, from, until, in ISO 8601.
    path
        A table with columns time, value and maybe service: slots with large values are slow.
    store
        A folder with the socket of a telemetry store, whose server spans say what was slow and what failed.
    width
        Length of a slot [s].
    slower
        Times its own median above which a service is slow [1].
    failing
        Share of requests above which it is failing [1].
    """

    windows: tuple[tuple[str, str, str, str], ...] = ()
    path: str = ""
    store: str = ""
    width: float = 60
    slower: float = 3
    failing: float = 0.05

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield one family of services and states."""
        found: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
        for service, state, begins, ends in self.windows:
            found[service, state].append(Stretch(moment(begins), moment(ends)))
        if self.path:
            for service, stretches in self._measured(self.path).items():
                found[service, "slow"] += stretches
        if self.store:
            for key, stretches in self._stored(prepared, asking).items():
                found[key] += stretches
        questions = [
            Question(touching(stretches), params, (f"that ran while {shown(service)} was {shown(state)}",))
            for (service, state), stretches in sorted(found.items())
            if stretches and (params := {"service": service, "state": state})
        ]
        if not questions:
            why = (
                "backend: nothing is known to have been slow or failing" if self._told else "backend: no table is given"
            )
            asking.leave_out(Exclusion("hypotheses", 0, why))
        yield from several("backend", questions, prepared, asking)

    @property
    def _told(self) -> bool:
        return bool(self.windows or self.path or self.store)

    @property
    def _slot(self) -> int:
        return int(self.width * SECOND)

    def _measured(self, path: str) -> dict[str, list[Stretch]]:
        by_slot: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for time, value, service in rows_of(path, ("time", "value", "service"), {"service": "the backend"}):
            if isinstance(time, int) and value is not None:
                by_slot[str(service)][time - time % self._slot].append(float(value))  # type: ignore[arg-type]
        return {
            service: self._slow([(slot, sum(each) / len(each)) for slot, each in sorted(values.items())])
            for service, values in by_slot.items()
        }

    def _stored(self, prepared: Prepared, asking: Asking) -> dict[tuple[str, str], list[Stretch]]:
        from telic.telemetry.client import TelemetryClient

        ends = asking.whole.earliest(np.array([prepared.at.min(), -prepared.at.max()]))
        starts = (int(ends[0]), int(-ends[1]) + 1)
        client = TelemetryClient(f"{self.store}/telemetry.sock")
        rows = client.query(SPANS, (self._slot, *starts), limit=200_000, timeout=60)
        by_service: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
        for row in rows:
            if int(str(row["count"])) >= LEAST:
                figures = (int(str(row["slot"])), float(str(row["failed"])), float(str(row["slow"])))
                by_service[str(row["service"])].append(figures)
        found: dict[tuple[str, str], list[Stretch]] = {}
        for service, values in by_service.items():
            found[service, "slow"] = self._slow([(slot, took) for slot, _, took in values])
            found[service, "failing"] = slots(((s, failed > self.failing) for s, failed, _ in values), self._slot)
        return found

    def _slow(self, values: Sequence[tuple[int, float]]) -> list[Stretch]:
        usual = median(value for _, value in values)
        return slots(((slot, value > self.slower * usual) for slot, value in values), self._slot)
