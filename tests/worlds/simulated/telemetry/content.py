"""What instances record: shapes of every kind, spans with events, metrics and log lines."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status, span_event
from telic.worlds.simulated.telemetry import instance_log

T0 = 1_800_000_000 * 10**9  # [ns since the epoch]


def resource(service: str = "booking", *, version: str = "1", revision: int = 3) -> dict[str, object]:
    """Return what an instance says of itself."""
    return {
        "service.namespace": "hotel",
        "service.name": service,
        "service.version": version,
        "service.instance.id": f"{service}-1",
        "telic.config.revision": revision,
    }


def shapes(recorder: Recorder) -> list[SpanShape]:
    """Return shapes as server, clients, stores and a service's own code make them."""
    series = recorder.metrics.series
    served: dict[str, str | int] = {"http.route": "/book", "http.request.method": "POST"}
    called: dict[str, str | int] = {"peer.service": "payment", "http.route": "/pay", "error.type": "timeout"}
    return [
        SpanShape(
            "book",
            Kind.SERVER,
            {"http.request.method": "POST", "http.response.status_code": status, "error.type": error},
            status=Status.ERROR if error else Status.UNSET,
            message="it broke" if error else "",
            series=series("http.server.request.duration", {**served, "http.response.status_code": status}),
        )
        for status, error in ((200, None), (422, None), (503, "overloaded"), (500, "KeyError"))
    ] + [
        SpanShape(
            "pay",
            Kind.CLIENT,
            {"peer.service": "payment", "server.port": 4004, "error.type": "timeout", "http.request.resend_count": 1},
            status=Status.ERROR,
            series=series("http.client.request.duration", called),
        ),
        SpanShape(
            "hold.insert",
            Kind.CLIENT,
            {
                "db.system.name": "postgresql",
                "peer.service": "postgres",
                "db.query.summary": "hold.insert",
                "db.query.text": "INSERT INTO \"hold\" VALUES ($1, '\u00e9')",
            },
            series=series("db.client.operation.duration", {"db.query.summary": "hold.insert"}),
        ),
        SpanShape("reckon", Kind.INTERNAL, {"share": 0.5, "parts": ["a", "b"], "min": 3, "data": b"\x01"}, scope="own"),
    ]


def instruments(recorder: Recorder, read: Callable[[], float]) -> None:
    """Register what every instance measures."""
    metrics = recorder.metrics
    metrics.counter("process.cpu.time", "s", read=read)
    metrics.gauge("telic.event_loop.lag", "s", lambda: 0.0125)
    metrics.gauge("telic.admission.active", "1", lambda: 3)
    metrics.counter("telic.retry.count", attributes={"peer.service": "payment"}).add(2)
    metrics.counter("telic.retry.count", attributes={"peer.service": "search"})


def spans(recorder: Recorder, made: list[SpanShape], count: int, rng: random.Random, *, at: int) -> None:
    """Record `count` spans that end about `at` [ns since the epoch]."""
    for index in range(count):
        shape = made[rng.randrange(len(made))]
        trace, span = recorder.trace_id(), recorder.span_id()
        start = at - round(rng.lognormvariate(16.0, 1.5))
        events = b""
        if index % 17 == 0:
            events = span_event("exception", start + 5, {"exception.type": "KeyError", "exception.message": "'x'"})
        recorder.span(shape, trace, span, recorder.span_id() if index % 3 else "", start, at + index, events)
    recorder.span(made[0], recorder.trace_id(), recorder.span_id(), "", at, at - 7)  # a clock that was set back


def lines(recorder: Recorder) -> None:
    """Write log lines, one of them with an exception."""
    log = instance_log("booking", recorder, logging.INFO)
    log.debug("not told")
    log.info("held %s", "room 7", extra={"booking": "b-1"})
    try:
        raise ValueError("no such room")
    except ValueError:
        log.exception("cannot hold")
