"""What the supervisor did and saw: kept for `events`, and sent to the receiver as logs with ``event.name``."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from telic.clock import Clock
from telic.worlds.local.http import post

_KEPT = 5000  # events [1]
_SEND_EVERY = 0.5  # [s]
_WITHIN = 2.0  # the receiver's answer [s]
_WARNINGS = ("instance.unready", "instance.exited", "instance.backoff", "instance.killed")


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    number: int
    time: float  # [s since the Unix epoch]
    name: str  # instance.ready, deploy.finished, ...
    service: str
    entity: str  # booking-1
    reason: str


class Events:
    """Keeps the newest events and sends them on; what the receiver cannot take is tried again."""

    def __init__(self, system: str, port: int, clock: Clock) -> None:
        self._system, self._port, self._clock = system, port, clock
        self._kept: deque[Event] = deque(maxlen=_KEPT)
        self._unsent: deque[Event] = deque(maxlen=_KEPT)
        self._count = 0

    def record(self, name: str, *, service: str, entity: str, reason: str = "") -> None:
        """Note that something happened now."""
        self._count += 1
        event = Event(self._count, self._clock.time(), name, service, entity, reason)
        self._kept.append(event)
        self._unsent.append(event)

    def since(self, time: float) -> list[Event]:
        """Return the events at or after `time` [s since the Unix epoch]."""
        return [each for each in self._kept if each.time >= time]

    async def send_forever(self) -> None:
        """Send new events every 0.5 s."""
        while True:
            await self._clock.sleep(_SEND_EVERY)
            await self.send()

    async def send(self) -> None:
        """Send what has not been sent."""
        batch = list(self._unsent)
        if not batch:
            return
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            status = await self.deliver(batch)
            if 200 <= status < 300:
                for _ in batch:
                    self._unsent.popleft()

    async def deliver(self, batch: Sequence[Event]) -> int:
        """Hand events to the receiver; return the HTTP status."""
        async with asyncio.timeout(_WITHIN):
            return await post(self._port, "/v1/logs", encode(self._system, batch), "application/x-protobuf")


def encode(system: str, events: Sequence[Event]) -> bytes:
    """Return events as an OTLP logs request, under the service that each is about."""
    by_service: dict[str, list[Event]] = defaultdict(list)
    for each in events:
        by_service[each.service].append(each)
    request = ExportLogsServiceRequest(resource_logs=[_resource(system, *item) for item in by_service.items()])
    return request.SerializeToString()


def _resource(system: str, service: str, events: Sequence[Event]) -> ResourceLogs:
    attributes = {"service.namespace": system, "service.name": service}
    scope = InstrumentationScope(name="telic.supervisor")
    return ResourceLogs(
        resource=Resource(attributes=_pairs(attributes)),
        scope_logs=[ScopeLogs(scope=scope, log_records=[_record(each) for each in events])],
    )


def _record(event: Event) -> LogRecord:
    warning = event.name in _WARNINGS
    time = int(event.time * 1e9)
    return LogRecord(
        time_unix_nano=time,
        observed_time_unix_nano=time,
        severity_number=SeverityNumber.SEVERITY_NUMBER_WARN if warning else SeverityNumber.SEVERITY_NUMBER_INFO,
        severity_text="WARN" if warning else "INFO",
        event_name=event.name,
        body=AnyValue(string_value=f"{event.name} {event.entity}" + (f": {event.reason}" if event.reason else "")),
        attributes=_pairs({"event.name": event.name, "entity": event.entity, "reason": event.reason}),
    )


def _pairs(attributes: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()]
