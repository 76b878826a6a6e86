"""Watches how far a replica is behind, and sends it as the metric that OpenTelemetry's PostgreSQL receiver names."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import Any

from telic.errors import StoreFailed
from telic.model.design import REPLICA
from telic.runtime.telemetry import encode
from telic.runtime.telemetry.metrics import Metrics
from telic.telemetry.queries.replicas import LAG
from telic.worlds.local import postgres, replica
from telic.worlds.local.http import post
from telic.worlds.local.live import LocalSystem

EVERY = 0.5  # as services send theirs [s]
_WITHIN = 2.0  # the receiver's answer [s]


def resource_of(system: str) -> dict[str, object]:
    """Return what the metric says of where it comes from."""
    return {"service.namespace": system, "service.name": REPLICA, "service.instance.id": REPLICA}


def watches(system: LocalSystem) -> list[Coroutine[Any, Any, None]]:
    """Return what watches the system's replica for ever; nothing where it has none, or sends no telemetry."""
    port = system.desired.stores.get(REPLICA)
    return [_watch(system, port)] if port is not None and system.spec.telemetry else []


async def _watch(system: LocalSystem, port: int) -> None:
    standing, metrics, last = postgres.Standing(system.layout, port), Metrics(), [0.0]
    metrics.gauge(LAG, "s", lambda: last[0])
    resource, since = encode.resource(resource_of(system.name)), time.time_ns()
    while True:
        await asyncio.sleep(EVERY)
        with contextlib.suppress(
            StoreFailed, OSError, TimeoutError, ValueError
        ):  # the next reading is half a second away
            last[0] = await standing.ask(replica.lag)
            now = time.time_ns()
            body = encode.request(resource, encode.scoped(metrics.take(since, now)))
            since = now
            async with asyncio.timeout(_WITHIN):
                await post(system.otlp_port, "/v1/metrics", body, "application/x-protobuf")
