"""Data points of the model's services: gauges at the end of each second, and what was counted in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.telemetry.columns import Columns
from telic.worlds.queueing.layout import E_RETRIES, N_BUSY, N_DROPPED, N_REFUSED
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.result import Gauges
from telic.worlds.queueing.rows import DELAY, NS, chosen, pa, table, texts

_MEASURED = (
    ("telic.admission.active", "gauge", "1"),
    ("telic.admission.limit", "gauge", "1"),
    ("telic.admission.queued", "gauge", "1"),
    ("telic.admission.age", "gauge", "s"),
    ("telic.admission.busy", "sum", "s"),
    ("telic.admission.refused", "sum", "1"),
)  # of every service: name, kind and unit


class Points:
    """The data points of one second: the same ones every second."""

    def __init__(self, plan: Plan) -> None:
        callers = [int(each["caller"]) for each in plan.edges]
        peers = [plan.services[each["callee"]] for each in plan.edges]
        services = len(plan.services)
        self._edges = len(callers)
        self._service = np.array([*list(range(services)) * len(_MEASURED), *callers], np.int64)
        self._what = np.repeat(np.arange(len(_MEASURED) + 1), [*[services] * len(_MEASURED), self._edges])
        delta = '{"temporality":"delta"}'
        words = ["{}", delta, *(f'{{"peer.service":"{each}","temporality":"delta"}}' for each in peers)]
        sums = np.array([kind == "sum" for _, kind, _ in _MEASURED], np.int64)
        self._attribute = np.concatenate([np.repeat(sums, services), np.arange(2, 2 + self._edges)])
        self._texts = texts(words)
        self._services = texts(plan.services)
        self._instances = texts([f"{each}-1" for each in plan.services])
        names, kinds, units = zip(*_MEASURED, ("telic.retry.count", "sum", "1"), strict=True)
        self._names, self._kinds, self._units = texts(names), texts(kinds), texts(units)

    def table(self, gauges: Gauges, of_node: Any, of_edge: Any, epoch: int) -> Columns:
        """Return the rows of some seconds, the first of which began at `epoch` [ns since the Unix epoch]."""
        retries = of_edge[:, : self._edges, E_RETRIES]
        refused = of_node[:, :, N_REFUSED] + of_node[:, :, N_DROPPED]
        seen = (gauges.active, gauges.limit, gauges.queued, gauges.age, of_node[:, :, N_BUSY], refused, retries)
        values = np.concatenate(seen, axis=1, dtype=float)
        there = np.ones(values.shape, bool)
        there[:, : values.shape[1] - self._edges] = np.tile(~np.isnan(gauges.active), len(_MEASURED))
        there[:, values.shape[1] - self._edges :] = retries > 0
        second, place = np.nonzero(there)
        ends, what = epoch + (second + 1) * NS, pa.array(self._what[place])
        service = pa.array(self._service[place])
        nothing = chosen(np.zeros(len(place), np.int64), [""])
        columns = {
            "time_ns": ends,
            "start_ns": ends - NS,
            "service": self._services.take(service),
            "instance": self._instances.take(service),
            "name": self._names.take(what),
            "kind": self._kinds.take(what),
            "unit": self._units.take(what),
            "value": values[there],
            "count": pa.nulls(len(place), pa.int64()),
            "sum": pa.nulls(len(place), pa.float64()),
            "bounds": nothing,
            "buckets": nothing,
            "attributes": self._texts.take(pa.array(self._attribute[place])),
            "received_ns": ends + round(DELAY * 1e9),
        }
        return table("metrics", columns)
