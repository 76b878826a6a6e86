"""The client chain in virtual time over a scripted callee."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from telic.clock import VirtualClock
from telic.runtime import BusinessError, DeadlineExceeded, DependencyFailed, Forbidden, RequestContext, Unauthorised
from telic.runtime.client import EdgeClient, Reply, TransportFailed
from telic.runtime.client.chain import TRIED
from telic.runtime.context import CURRENT, SPAN, SpanContext
from telic.runtime.tls import Peer
from telic.runtime.wiring import BreakerPolicy, EdgePolicy, RetryPolicy


class Question(msgspec.Struct):
    text: str


class Answer(msgspec.Struct):
    text: str


GOOD = Reply(200, b'{"text":"yes"}', {})


def failing(status: int, name: str = "error", headers: dict[bytes, bytes] | None = None) -> Reply:
    return Reply(status, msgspec.json.encode({"error": name, "message": "no"}), headers or {})


class Callee:
    """Answers in order with replies, failures, or a wait before the next."""

    address = ("127.0.0.1", 7001)

    def __init__(self, clock: VirtualClock, *script: Reply | Exception | float) -> None:
        self.clock, self.script = clock, list(script)
        self.sent: list[tuple[str, dict[str, str], bytes]] = []

    async def send(self, path: str, headers: Mapping[bytes, str], body: bytes, *, repeatable: bool) -> Reply:
        lines = {name.decode(): value for name, value in headers.items()}
        self.sent.append((path, lines, body))
        step = self.script.pop(0) if self.script else GOOD
        if isinstance(step, float):
            await self.clock.sleep(step)
            step = GOOD
        if isinstance(step, Exception):
            raise step
        return step

    def move(self, address: tuple[str, int], peer: Peer | None = None) -> None:
        self.address = address

    def close(self) -> None: ...


class Edge:
    """A client, its callee and its clock."""

    def __init__(self, recorder: Any, policy: EdgePolicy, *script: Reply | Exception | float) -> None:
        self.clock = VirtualClock()
        self.callee = Callee(self.clock, *script)
        self.client = EdgeClient("hotel", policy, self.callee, self.clock, recorder, lambda: 0.5)

    def call(self, deadline: float | None = None, **how: Any) -> str:
        async def request() -> str:
            if deadline is not None:
                at = self.clock.monotonic() + deadline
                CURRENT.set(RequestContext("near", self.clock, deadline=at, authorization="Bearer t"))
            return (await self.client.call("near", Question("hi"), Answer, **how)).text

        return asyncio.run(self.clock.run(request()))


@pytest.fixture
def edge(recorder: Any) -> Callable[..., Edge]:
    return lambda policy=PLAIN, *script: Edge(recorder, policy, *script)


PLAIN = EdgePolicy()
RETRY = EdgePolicy(retry=RetryPolicy(max=2))


def test_a_reply_is_decoded_and_the_context_goes_along(edge: Callable[..., Edge]) -> None:
    one = edge()
    assert one.call(deadline=2.0, idempotency_key="k-1") == "yes"
    path, headers, body = one.callee.sent[0]
    assert (path, body) == ("/near", b'{"text":"hi"}')
    assert headers["telic-deadline"] == "2.0000"
    assert headers["idempotency-key"] == "k-1"
    assert headers["authorization"] == "Bearer t"
    assert headers["traceparent"].startswith("00-")


def test_without_a_request_being_served_there_is_no_deadline(edge: Callable[..., Edge]) -> None:
    one = edge()
    one.call()
    assert "telic-deadline" not in one.callee.sent[0][1]


def test_deadline_propagation_can_be_switched_off(edge: Callable[..., Edge]) -> None:
    one = edge(EdgePolicy(deadline=False))
    one.call(deadline=2.0)
    assert "telic-deadline" not in one.callee.sent[0][1]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (failing(422, "sold_out"), BusinessError),
        (failing(401), Unauthorised),
        (failing(403), Forbidden),
        (failing(400), DependencyFailed),
        (failing(404), DependencyFailed),
        (failing(429), DependencyFailed),
        (failing(500), DependencyFailed),
        (failing(503), DependencyFailed),
        (failing(504), DeadlineExceeded),
        (Reply(200, b"<html>", {}), DependencyFailed),
        (TransportFailed("connection_refused", unsent=True), DependencyFailed),
    ],
)
def test_each_status_has_its_failure(edge: Callable[..., Edge], reply: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        edge(EdgePolicy(), reply).call()


def test_a_business_error_keeps_its_name(edge: Callable[..., Edge]) -> None:
    with pytest.raises(BusinessError) as caught:
        edge(EdgePolicy(), failing(422, "sold_out")).call()
    assert (caught.value.name, caught.value.message) == ("sold_out", "no")


def test_idempotent_calls_are_tried_again_and_others_are_not(edge: Callable[..., Edge]) -> None:
    retried = edge(RETRY, failing(503), TransportFailed("connection_reset", unsent=False))
    assert retried.call(idempotent=True) == "yes"
    assert len(retried.callee.sent) == 3
    keyed = edge(RETRY, failing(503))
    assert keyed.call(idempotency_key="k") == "yes"
    single = edge(RETRY, failing(503))
    with pytest.raises(DependencyFailed):
        single.call()
    assert len(single.callee.sent) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
def test_no_client_error_is_ever_retried(edge: Callable[..., Edge], status: int) -> None:
    one = edge(RETRY, failing(status))
    with pytest.raises(Exception, match="no"):
        one.call(idempotent=True)
    assert len(one.callee.sent) == 1


def test_only_one_layer_retries(edge: Callable[..., Edge]) -> None:
    upper = edge(RETRY, failing(503, headers={TRIED: b"1"}))
    with pytest.raises(DependencyFailed) as caught:
        upper.call(idempotent=True)
    assert len(upper.callee.sent) == 1
    assert caught.value.tried


def test_exhausted_retries_mark_the_failure_as_tried(edge: Callable[..., Edge]) -> None:
    with pytest.raises(DependencyFailed) as caught:
        edge(RETRY, failing(503), failing(503), failing(503)).call(idempotent=True)
    assert caught.value.tried
    with pytest.raises(DependencyFailed) as single:
        edge(EdgePolicy(), failing(503)).call(idempotent=True)
    assert not single.value.tried


def test_an_attempt_that_is_too_slow_times_out_and_may_be_repeated(edge: Callable[..., Edge]) -> None:
    one = edge(EdgePolicy(timeout=0.1, retry=RetryPolicy(max=1)), 5.0)
    assert one.call(idempotent=True) == "yes"
    assert one.clock.time() == pytest.approx(0.105)


def test_a_deadline_ends_the_call_and_no_retry_starts_that_cannot_end_in_time(edge: Callable[..., Edge]) -> None:
    slow = edge(EdgePolicy(timeout=1.0, retry=RetryPolicy(max=3)), 5.0)
    with pytest.raises(DeadlineExceeded):
        slow.call(deadline=0.3, idempotent=True)
    assert slow.clock.time() == pytest.approx(0.3)
    assert len(slow.callee.sent) == 1
    refused = edge(EdgePolicy(retry=RetryPolicy(max=3, backoff=1.0)), failing(503))
    with pytest.raises(DependencyFailed):
        refused.call(deadline=0.3, idempotent=True)
    assert len(refused.callee.sent) == 1
    late = edge()
    with pytest.raises(DeadlineExceeded):
        late.call(deadline=0.0)
    assert late.callee.sent == []


def test_an_open_breaker_refuses_without_sending(edge: Callable[..., Edge], recorder: Any) -> None:
    policy = EdgePolicy(breaker=BreakerPolicy(minimum=2, open=1.0))
    one = edge(policy, failing(503), failing(503))
    for _ in range(2):
        with pytest.raises(DependencyFailed):
            one.call()
    with pytest.raises(DependencyFailed) as caught:
        one.call()
    assert caught.value.error_type == "breaker_open"
    assert len(one.callee.sent) == 2
    asyncio.run(one.clock.run(one.clock.sleep(1.0)))
    assert one.call() == "yes"


def test_business_errors_do_not_open_the_breaker(edge: Callable[..., Edge]) -> None:
    policy = EdgePolicy(breaker=BreakerPolicy(minimum=2))
    one = edge(policy, *[failing(422)] * 5)
    for _ in range(5):
        with pytest.raises(BusinessError):
            one.call()
    assert one.call() == "yes"


def test_a_new_policy_keeps_the_state_of_what_did_not_change(edge: Callable[..., Edge]) -> None:
    policy = EdgePolicy(breaker=BreakerPolicy(minimum=1, open=60.0))
    one = edge(policy, failing(503))
    with pytest.raises(DependencyFailed):
        one.call()
    one.client.configure(EdgePolicy(timeout=0.2, breaker=policy.breaker))
    with pytest.raises(DependencyFailed, match="not called"):
        one.call()
    one.client.configure(EdgePolicy())
    assert one.call() == "yes"


def test_each_attempt_is_a_span_under_the_request(recorder: Any, attributes: Callable[..., dict[str, object]]) -> None:
    one = Edge(recorder, RETRY, failing(503))
    parent = SpanContext("0a" * 16, "0b" * 8)
    token = SPAN.set(parent)
    try:
        one.call(idempotent=True)
    finally:
        SPAN.reset(token)
    first, second = recorder.read()
    assert {each.trace_id.hex() for each in (first, second)} == {parent.trace_id}
    assert {each.parent_span_id.hex() for each in (first, second)} == {parent.span_id}
    assert attributes(first) == {
        "peer.service": "hotel",
        "server.address": "127.0.0.1",
        "server.port": 7001,
        "http.response.status_code": 503,
        "error.type": "503",
    }
    assert attributes(second) == {
        "peer.service": "hotel",
        "server.address": "127.0.0.1",
        "server.port": 7001,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }
    assert (first.name, first.status.code, second.status.code) == ("near", 2, 0)
    assert one.callee.sent[1][1]["traceparent"] == f"00-{second.trace_id.hex()}-{second.span_id.hex()}-01"
    assert one.client._spans.retries.value == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (TransportFailed("connection_refused", unsent=True), "connection_refused"),
        (TransportFailed("connection_reset", unsent=False), "connection_reset"),
        (5.0, "timeout"),
        (failing(500), "500"),
        (failing(422), None),
        (Reply(200, b'{"na\xffme": 1}', {}), "malformed_reply"),
    ],
)
def test_error_types_are_those_of_the_contract(
    edge: Callable[..., Edge],
    recorder: Any,
    attributes: Callable[..., dict[str, object]],
    script: Any,
    error: str | None,
) -> None:
    with pytest.raises((DependencyFailed, BusinessError)):
        edge(EdgePolicy(timeout=0.5), script).call()
    (span,) = recorder.read()
    assert attributes(span).get("error.type") == error
    assert span.status.code == (2 if error else 0)
