"""Spans of the official API join our traces, and what we send equals what the official SDK would have sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from telic.clock import VirtualClock
from telic.runtime.client import EdgeClient, Reply
from telic.runtime.context import SPAN, SpanContext, parent_span, set_span_lookup
from telic.runtime.telemetry.export import Exporter, Target
from telic.runtime.telemetry.official import BridgeProvider, current_span
from telic.runtime.tls import Peer
from telic.runtime.wiring import EdgePolicy

RESOURCE: dict[str, Any] = {
    "service.namespace": "hotel",
    "service.name": "search",
    "service.version": "2",
    "service.instance.id": "search-1",
    "telic.config.revision": 4,
}


@pytest.fixture
def bridged() -> Iterator[None]:
    set_span_lookup(current_span)
    yield
    set_span_lookup(SPAN.get)


def calls(tracer: trace.Tracer) -> None:
    """A request as a user might trace it."""
    with tracer.start_as_current_span(
        "search", kind=SpanKind.SERVER, attributes={"http.route": "/search", "http.response.status_code": 200}
    ) as server:
        server.add_event("warm", {"rows": 3, "share": 0.5, "hit": True})
        with tracer.start_as_current_span("hotel.near", kind=SpanKind.CLIENT) as client:
            client.set_attributes({"peer.service": "hotel", "tags": ["a", "b"]})
            client.set_status(StatusCode.ERROR, "slow")
        with contextlib.suppress(KeyError), tracer.start_as_current_span("rank") as rank:
            rank.update_name("rank.hotels")
            raise KeyError("price")
        linked = tracer.start_span(
            "audit", kind=SpanKind.PRODUCER, links=[trace.Link(server.get_span_context(), {"why": "x"})]
        )
        linked.set_status(StatusCode.OK)
        linked.set_status(StatusCode.ERROR, "ignored")
        linked.end()


def values(pairs: Iterable[KeyValue]) -> dict[str, str]:
    """Attributes as text, without the text of stack traces."""
    return {each.key: str(each.value).replace("\n", " ") for each in pairs if each.key != "exception.stacktrace"}


def told(receiver: Any) -> dict[str, object]:
    """What a receiver got, without ids, times and the text of stack traces."""
    spans = {each.span_id: each for each in receiver.spans()}
    found: dict[str, object] = {}
    for span in spans.values():
        parent = spans[span.parent_span_id].name if span.parent_span_id else ""
        found[span.name] = (
            span.kind,
            parent,
            values(span.attributes),
            (span.status.code, span.status.message),
            [(each.name, values(each.attributes)) for each in span.events],
            [(spans[each.span_id].name, values(each.attributes)) for each in span.links],
        )
    resources = [request.resource_spans[0] for request in receiver.traces]
    resource = values(resources[0].resource.attributes)
    found["resource"] = {key: value for key, value in resource.items() if not key.startswith("telemetry.sdk")}
    found["scope"] = resources[0].scope_spans[0].scope.name
    found["one trace"] = len({span.trace_id for span in spans.values()})
    return found


def test_the_same_calls_through_the_official_sdk_and_through_ours_tell_the_same(receiver: Any, recorder: Any) -> None:
    official = TracerProvider(resource=Resource(RESOURCE), shutdown_on_exit=False)
    official.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{receiver.endpoint}/v1/traces")))
    calls(official.get_tracer("search.handlers"))
    official.shutdown()
    theirs = told(receiver)
    receiver.traces.clear()
    calls(BridgeProvider(recorder).get_tracer("search.handlers"))
    exporter = Exporter(recorder, Target(receiver.endpoint, RESOURCE))
    exporter.flush()
    exporter.close()
    ours = told(receiver)
    assert ours == theirs
    assert set(theirs) == {"search", "hotel.near", "rank.hotels", "audit", "resource", "scope", "one trace"}


def test_the_runtimes_own_spans_equal_those_of_the_official_sdk(receiver: Any, recorder: Any) -> None:
    from telic.runtime.server.route import server_shape

    facts: dict[str, Any] = {
        "http.request.method": "POST",
        "url.path": "/search",
        "http.route": "/search",
        "http.response.status_code": 503,
        "error.type": "503",
    }
    official = TracerProvider(resource=Resource(RESOURCE), shutdown_on_exit=False)
    official.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{receiver.endpoint}/v1/traces")))
    with official.get_tracer("telic.runtime").start_as_current_span(
        "search", kind=SpanKind.SERVER, attributes=facts
    ) as one:
        one.set_status(StatusCode.ERROR)
    official.shutdown()
    theirs = told(receiver)
    receiver.traces.clear()
    shape = server_shape("search", "POST", 503, "503", "", metrics=recorder.metrics)
    recorder.span(shape, recorder.trace_id(), recorder.span_id(), "", 1, 2)
    exporter = Exporter(recorder, Target(receiver.endpoint, RESOURCE))
    exporter.flush()
    exporter.close()
    assert told(receiver) == theirs


class Callee:
    address = ("127.0.0.1", 7001)

    async def send(self, path: str, headers: Mapping[bytes, str], body: bytes, *, repeatable: bool) -> Reply:
        return Reply(200, b'"yes"', {})

    def move(self, address: tuple[str, int], peer: Peer | None = None) -> None: ...

    def close(self) -> None: ...


@pytest.mark.usefixtures("bridged")
def test_a_users_span_stands_between_the_request_and_the_runtimes_calls(recorder: Any) -> None:
    clock = VirtualClock()
    tracer = BridgeProvider(recorder).get_tracer("mine")
    client = EdgeClient("hotel", EdgePolicy(), Callee(), clock, recorder, lambda: 0.5)

    async def handler() -> None:
        SPAN.set(SpanContext("0a" * 16, "0b" * 8))
        with tracer.start_as_current_span("rank"):
            await client.call("near", "x", str)
        assert parent_span() == ("0a" * 16, "0b" * 8)

    asyncio.run(clock.run(handler()))
    call, rank = recorder.read()
    assert {call.trace_id.hex(), rank.trace_id.hex()} == {"0a" * 16}
    assert (rank.parent_span_id.hex(), call.parent_span_id) == ("0b" * 8, rank.span_id)


def test_without_telemetry_the_official_api_costs_nothing(recorder: Any) -> None:
    recorder.enabled = False
    tracer = BridgeProvider(recorder).get_tracer("mine")
    with tracer.start_as_current_span("rank") as span:
        assert not span.is_recording()
    assert not recorder.spans


def test_async_functions_can_be_decorated(recorder: Any, attributes: Callable[..., Any]) -> None:
    tracer = BridgeProvider(recorder).get_tracer("mine")
    clock = VirtualClock(start=5.0)
    recorder.now = lambda: int(clock.time() * 1e9)

    @tracer.start_as_current_span("cook", attributes={"dish": "soup"})
    async def cook() -> str:
        await clock.sleep(2.0)
        return "soup"

    assert asyncio.run(clock.run(cook())) == "soup"
    (span,) = recorder.read()
    assert attributes(span) == {"dish": "soup"}
    assert span.end_time_unix_nano - span.start_time_unix_nano == 2_000_000_000
