"""What the supervisor did and saw: kept for `events`, and sent to the receiver as logs with ``event.name``."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from telic.clock import Clock
from telic.worlds.local.http import post

_KEPT = 5000  # events [1]
_SEND_EVERY = 0.5  # [s]
_WITHIN = 2.0  # the receiver's answer [s]


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
        from telic.worlds.local.events_otlp import encode  # a world is up before it has sent its first event

        async with asyncio.timeout(_WITHIN):
            return await post(self._port, "/v1/logs", encode(self._system, batch), "application/x-protobuf")
