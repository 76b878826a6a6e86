"""What the supervisor measures of programs, as OTLP: it also says, twice a second, that telemetry arrives."""

from __future__ import annotations

import asyncio
import contextlib
import time

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from telic.worlds.brought.system import BroughtSystem
from telic.worlds.local.http import post
from telic.worlds.local.observe import Observer

EVERY = 0.5  # [s]
WITHIN = 2.0  # the receiver's answer [s]
WHO = "telic.supervisor"  # as which service: a program that sends nothing must not look as if it did
CPU, MEMORY = "process.cpu.time", "process.memory.usage"


class Pulse:
    """Sends CPU time [s] and memory [bytes] of every program under the supervisor's own name."""

    def __init__(self, system: BroughtSystem, observer: Observer) -> None:
        self._system, self._observer = system, observer

    async def send_forever(self) -> None:
        """Send every half second; what the receiver does not take is gone."""
        while True:
            await asyncio.sleep(EVERY)
            with contextlib.suppress(OSError, TimeoutError, ValueError):
                body = await self._measured()
                async with asyncio.timeout(WITHIN):
                    await post(self._system.otlp_port, "/v1/metrics", body, "application/x-protobuf")

    async def _measured(self) -> bytes:
        vitals, now = await self._observer.vitals(), time.time_ns()
        cpu = [_point(name, each.cpu_seconds, now) for name, each in vitals.items()]
        memory = [_point(name, float(each.memory_bytes), now) for name, each in vitals.items()]
        metrics = [
            Metric(name=CPU, unit="s", gauge=Gauge(data_points=cpu)),
            Metric(name=MEMORY, unit="By", gauge=Gauge(data_points=memory)),
        ]
        who = {"service.namespace": self._system.name, "service.name": WHO}
        scope = ScopeMetrics(scope=InstrumentationScope(name=WHO), metrics=metrics)
        resource = Resource(attributes=[_pair(*item) for item in who.items()])
        request = ExportMetricsServiceRequest(
            resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scope])]
        )
        return request.SerializeToString()


def _point(instance: str, value: float, now: int) -> NumberDataPoint:
    return NumberDataPoint(time_unix_nano=now, as_double=value, attributes=[_pair("service.instance.id", instance)])


def _pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))
