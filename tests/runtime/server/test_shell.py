"""The server chain in virtual time: statuses, deadlines, callers that leave and the spans they leave."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from tests.runtime.server.desks import Ask, Desk, Told

from telic.runtime import (
    BusinessError,
    Conflict,
    DeadlineExceeded,
    DependencyFailed,
    Forbidden,
    NotFound,
    Overloaded,
    RequestContext,
)
from telic.runtime.context import current_request, parent_span
from telic.runtime.server import Request


def test_a_request_is_decoded_handled_and_encoded(desk: Desk) -> None:
    (reply,) = desk.run(desk.ask())
    assert (reply.status, json.loads(reply.body)) == (200, {"km": 2.0, "who": ""})


@pytest.mark.parametrize(
    ("failure", "status", "name"),
    [
        (NotFound(), 422, "not_found"),
        (Forbidden("not yours"), 403, "forbidden"),
        (DependencyFailed("gone", peer="rate", error_type="timeout"), 503, "dependency_failed"),
        (DeadlineExceeded("late"), 504, "deadline_exceeded"),
        (Overloaded("busy"), 429, "overloaded"),
        (Conflict("twice", sqlstate="23505"), 500, "internal"),
        (ValueError("secret detail"), 500, "internal"),
        (BusinessError("undeclared"), 500, "internal"),
    ],
)
def test_each_failure_has_its_status(desk: Desk, failure: Exception, status: int, name: str) -> None:
    desk.act = lambda ask, context: failure
    (reply,) = desk.run(desk.ask())
    assert (reply.status, json.loads(reply.body)["error"]) == (status, name)
    assert b"secret detail" not in reply.body


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/near", b'{"km":"far"}', 400),
        ("POST", "/near", b"{", 400),
        ("POST", "/near", b'{"km":2,"extra":1}', 400),
        ("POST", "/far", b"{}", 404),
        ("POST", "/", b"{}", 404),
        ("PUT", "/near", b"{}", 405),
        ("GET", "/hold", b"", 405),
    ],
)
def test_what_is_no_request_is_refused(desk: Desk, method: str, path: str, body: bytes, status: int) -> None:
    (reply,) = desk.run(desk.shell.handle(Request(method, path, "", {}, body)))
    assert reply.status == status
    assert desk.calls == 0


def test_reads_work_by_get(desk: Desk) -> None:
    (reply,) = desk.run(desk.shell.handle(Request("GET", "/near", "km=3&at.lat=1.5&at.lon=2", {}, b"")))
    assert json.loads(reply.body)["km"] == 3.0


def test_who_asks_is_proved_by_a_token(desk: Desk) -> None:
    token = desk.tokens.issue("user-7", ttl=10.0)
    good, none, forged = desk.run(
        desk.ask("/mine", authorization=f"Bearer {token}"),
        desk.ask("/mine"),
        desk.ask("/mine", authorization="Bearer x"),
    )
    assert json.loads(good.body)["who"] == "user-7"
    assert (none.status, forged.status) == (401, 401)
    asyncio.run(desk.clock.run(desk.clock.sleep(10.0)))
    (expired,) = desk.run(desk.ask("/mine", authorization=f"Bearer {token}"))
    assert expired.status == 401


def test_work_ends_when_the_deadline_passes(desk: Desk) -> None:
    ended = []

    async def slow() -> Told:
        try:
            await desk.clock.sleep(60.0)
        finally:
            ended.append(desk.clock.time())
        return Told(0)

    desk.act = lambda ask, context: slow()
    late, dead, default = desk.run(desk.ask(telic_deadline="0.5"), desk.ask(telic_deadline="0"), desk.ask("/hold"))
    assert [each.status for each in (late, dead, default)] == [504, 504, 504]
    assert ended == [1000.5, 1003.0]  # the second was not begun; the third had the default
    assert desk.chain.admission.active == 0


@pytest.mark.parametrize("header", ["soon", "nan", "inf", ""])
def test_a_deadline_that_is_no_number_is_malformed(desk: Desk, header: str) -> None:
    (reply,) = desk.run(desk.ask(telic_deadline=header))
    assert reply.status == 400


def test_a_caller_that_leaves_cancels_the_work_and_frees_the_slot(desk: Desk, recorder: Any, attributes: Any) -> None:
    async def story() -> None:
        desk.act = lambda ask, context: desk.clock.sleep(60.0)
        request = asyncio.ensure_future(desk.ask())
        await desk.clock.sleep(0.1)
        assert desk.chain.admission.active == 1
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)

    asyncio.run(desk.clock.run(story()))
    assert desk.chain.admission.active == 0
    (span,) = recorder.read()
    assert (attributes(span)["http.response.status_code"], attributes(span)["error.type"]) == (499, "cancelled")


async def test_work_goes_on_for_nobody_where_the_policy_says_so(recorder: Any, attributes: Any) -> None:
    desk = Desk(recorder)
    desk.chain.cancel = False

    async def slow() -> Told:
        await desk.clock.sleep(1.0)
        return Told(0)

    async def story() -> None:
        desk.act = lambda ask, context: slow()
        request = asyncio.ensure_future(desk.ask())
        await desk.clock.sleep(0.1)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert desk.chain.admission.active == 1
        await desk.clock.sleep(2.0)

    await desk.clock.run(story())
    assert desk.chain.admission.active == 0
    (span,) = recorder.read()
    assert attributes(span)["http.response.status_code"] == 200  # its reply reached nobody
    assert span.end_time_unix_nano - span.start_time_unix_nano > 0


async def test_work_without_a_caller_ends_with_the_shell_and_with_its_deadline(desk: Desk) -> None:
    desk.chain.cancel = False

    async def leave(after: float) -> None:
        request = asyncio.ensure_future(desk.ask())
        await desk.clock.sleep(0.1)
        request.cancel()
        await desk.clock.sleep(after)

    async def story() -> None:
        desk.act = lambda ask, context: desk.clock.sleep(60.0)
        await leave(2.0)
        assert desk.chain.admission.active == 1
        await desk.clock.sleep(1.0)
        assert desk.chain.admission.active == 0  # the default deadline
        await leave(0.1)
        desk.shell.close()
        await desk.clock.sleep(0.1)
        assert desk.chain.admission.active == 0

    await desk.clock.run(story())


def test_the_span_of_a_request(desk: Desk, recorder: Any, attributes: Any) -> None:
    seen = []

    def look(ask: Ask, context: RequestContext) -> Told:
        seen.append((parent_span(), current_request()))
        return Told(1)

    desk.act = look
    desk.run(desk.ask(traceparent=f"00-{'a1' * 16}-{'b2' * 8}-01"))
    (span,) = recorder.read()
    assert (span.name, span.kind, span.status.code) == ("near", 2, 0)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == ("a1" * 16, "b2" * 8)
    assert attributes(span) == {
        "http.request.method": "POST",
        "url.path": "/near",
        "http.route": "/near",
        "http.response.status_code": 200,
    }
    (inside, request) = seen[0]
    assert inside == (span.trace_id.hex(), span.span_id.hex())
    assert request is not None
    assert request.operation == "near"


@pytest.mark.parametrize(
    ("failure", "status", "error", "business"),
    [
        (NotFound(), 0, None, "not_found"),
        (DependencyFailed("gone", peer="rate", error_type="timeout"), 2, "503", None),
        (ValueError("no"), 2, "ValueError", None),
        (Overloaded("busy"), 2, "429", None),
    ],
)
def test_only_what_the_server_is_to_blame_for_is_an_error(
    desk: Desk, recorder: Any, attributes: Any, failure: Exception, status: int, error: str | None, business: str | None
) -> None:
    desk.act = lambda ask, context: failure
    desk.run(desk.ask())
    (span,) = recorder.read()
    found = attributes(span)
    assert (span.status.code, found.get("error.type"), found.get("telic.business_error")) == (status, error, business)


def test_an_unexpected_exception_is_an_event_and_an_error_log(
    desk: Desk, recorder: Any, caplog: pytest.LogCaptureFixture
) -> None:
    desk.act = lambda ask, context: ZeroDivisionError("division by zero")
    desk.run(desk.ask())
    (span,) = recorder.read()
    (event,) = span.events
    facts = {each.key: each.value.string_value for each in event.attributes}
    assert (event.name, facts["exception.type"], facts["exception.message"]) == (
        "exception",
        "ZeroDivisionError",
        "division by zero",
    )
    assert "desks.py" in facts["exception.stacktrace"]
    assert [each.levelname for each in caplog.records] == ["ERROR"]


def test_without_telemetry_nothing_is_recorded(desk: Desk, recorder: Any) -> None:
    recorder.enabled = False
    (reply,) = desk.run(desk.ask())
    assert reply.status == 200
    assert recorder.read() == []


def test_request_bodies_are_never_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.run(desk.ask(body=b'{"km":2,"password":"hunter2"}'), desk.ask(body=b'"hunter2"'))
    desk.act = lambda ask, context: ValueError("no")
    desk.run(desk.ask())
    assert "hunter2" not in caplog.text
