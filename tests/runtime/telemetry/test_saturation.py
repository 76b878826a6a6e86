"""An instance says how full it is: exact slot seconds of what has ended, samples of what has not."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import ScopeMetrics

from telic.clock import VirtualClock
from telic.runtime.failures import Overloaded
from telic.runtime.policies.admission import Admission
from telic.runtime.telemetry import saturation
from telic.runtime.telemetry.metrics import Metrics
from telic.runtime.wiring import NodePolicy


def exported(metrics: Metrics) -> dict[str, float]:
    found = ScopeMetrics.FromString(metrics.take(0, 500_000_000)).metrics
    return {each.name.removeprefix("telic.admission."): _value(each) for each in found}


def _value(metric: object) -> float:
    data = metric.gauge if metric.HasField("gauge") else metric.sum  # type: ignore[attr-defined]
    (point,) = data.data_points
    return float(point.as_double)


async def test_slots_the_queue_and_refusals_are_exported() -> None:
    clock, metrics = VirtualClock(), Metrics()
    admission = Admission(NodePolicy(queue=1), clock, slots=2, service_time=0.1)
    saturation.register(metrics, admission)

    async def request(seconds: float) -> None:
        entered = await admission.enter()
        await clock.sleep(seconds)
        admission.leave(entered, ok=True)

    async def story() -> None:
        running = [asyncio.ensure_future(request(each)) for each in (0.01, 3.0, 0.05)]
        await clock.sleep(0.04)
        with pytest.raises(Overloaded):
            await admission.enter()
        assert exported(metrics) == pytest.approx(
            {"active": 2, "limit": 2, "queued": 1, "age": 0.04, "busy": 0.1, "refused": 1}
        ), "a slot is held for the declared time"
        await clock.sleep(0.4)
        assert exported(metrics) == pytest.approx({"active": 1, "limit": 2, "queued": 0, "age": 0.0, "busy": 0.1})
        await asyncio.gather(*running)
        assert exported(metrics)["busy"] == pytest.approx(3.0)

    await clock.run(story())
