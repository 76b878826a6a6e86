"""Tokens, identifiers, queries, background work, jobs and the ports in memory."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.clock import VirtualClock
from telic.errors import UsageError
from telic.runtime import Application, Cost, Job, Malformed, Operation, Overloaded, RequestContext, Unauthorised
from telic.runtime.background import ThreadBackground
from telic.runtime.ids import TimeOrderedIds
from telic.runtime.jobs import repeat
from telic.runtime.server.query import parse_query
from telic.runtime.testing import InMemoryRuntime, MemoryClient, request_context
from telic.runtime.tokens import HmacTokens


@given(st.text(), st.binary(min_size=1))
def test_a_token_proves_its_subject_to_whoever_has_the_key(subject: str, key: bytes) -> None:
    clock = VirtualClock(start=1000.0)
    token = HmacTokens(key, clock).issue(subject)
    assert HmacTokens(key, clock).verify(token) == subject
    with pytest.raises(Unauthorised):
        HmacTokens(key + b"x", clock).verify(token)


@given(st.text())
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthorised):
        HmacTokens(b"key", VirtualClock()).verify(token)


@given(st.integers(0, 200), st.characters())
def test_a_changed_token_is_refused(place: int, other: str) -> None:
    tokens = HmacTokens(b"key", VirtualClock(start=1000.0))
    token = tokens.issue("user-7")
    changed = token[: place % len(token)] + other + token[place % len(token) + 1 :]
    if changed != token:
        with pytest.raises(Unauthorised):
            tokens.verify(changed)


def test_a_token_holds_for_the_key_it_was_signed_with() -> None:
    tokens = HmacTokens(b"key", VirtualClock(start=1000.0))
    token = tokens.issue("user-7")
    tokens.rekey(b"another")
    with pytest.raises(Unauthorised):
        tokens.verify(token)
    tokens.rekey(b"key")
    assert tokens.verify(token) == "user-7"


def test_a_token_expires() -> None:
    clock = VirtualClock(start=1000.0)
    token = HmacTokens(b"key", clock).issue("user-7", ttl=5.0)
    asyncio.run(clock.run(clock.sleep(5.0)))
    with pytest.raises(Unauthorised, match="expired"):
        HmacTokens(b"key", clock).verify(token)


def test_identifiers_differ_and_sort_by_time() -> None:
    clock = VirtualClock(start=1_800_000_000.0)
    ids = TimeOrderedIds(clock)
    early = [ids.new("b-") for _ in range(1000)]
    asyncio.run(clock.run(clock.sleep(1.0)))
    late = ids.new("b-")
    assert len(set(early)) == 1000
    assert max(early) < late
    assert {len(each) for each in early} == {22}


@given(st.text())
def test_no_query_breaks_the_parser(query: str) -> None:
    try:
        parse_query(query)
    except Malformed:
        assert "." in query


def test_a_value_given_as_a_whole_and_in_parts_is_malformed() -> None:
    for query in ("at=1&at.lat=2", "at.lat=2&at=1"):
        with pytest.raises(Malformed):
            parse_query(query)


async def test_background_work_runs_in_threads_and_refuses_what_is_too_much() -> None:
    background, go = ThreadBackground(threads=1, queue=1), threading.Event()
    assert await background.run(threading.get_ident) != threading.get_ident()
    waiting = [asyncio.ensure_future(background.run(go.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await background.run(threading.get_ident)
    go.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await background.run(max, 1, 2) == 2
    background.close()


def test_a_job_repeats_though_a_run_fails(recorder: Any, caplog: pytest.LogCaptureFixture) -> None:
    clock, times = VirtualClock(), list[float]()

    async def work() -> None:
        times.append(clock.time())
        if len(times) == 2:
            raise ValueError("no")

    async def story() -> None:
        task = asyncio.ensure_future(repeat(Job("expire", 5.0, work), clock, recorder, logging.getLogger("x")))
        await clock.sleep(21.0)
        task.cancel()

    asyncio.run(clock.run(story()))
    assert times == [5.0, 10.0, 15.0, 20.0]
    spans = recorder.read()
    assert [each.name for each in spans] == ["expire"] * 4
    assert [each.status.code for each in spans] == [0, 2, 0, 0]
    assert len({each.trace_id for each in spans}) == 4
    assert [each.message for each in caplog.records] == ["job expire failed"]


async def test_the_ports_in_memory_serve_unit_tests() -> None:
    runtime = InMemoryRuntime(clients={"hotel": MemoryClient({"near": "yes", "far": ValueError("no")})})
    client = runtime.client("hotel")
    assert await client.call("near", "here", str) == "yes"
    with pytest.raises(ValueError, match="no"):
        await client.call("far", "here", str)
    with pytest.raises(UsageError, match="reply"):
        await client.call("near", "here", int)
    assert (runtime.ids.new("b-"), runtime.cache()) == ("b-00000000000000000001", None)
    assert await runtime.background.run(max, 1, 2) == 2
    with pytest.raises(UsageError, match="database"):
        runtime.database()
    with pytest.raises(Unauthorised):
        request_context().require_subject()
    assert request_context(subject="u").require_subject() == "u"


async def handler(request: str, context: RequestContext) -> str:
    return request


def test_an_application_refuses_what_contradicts_itself() -> None:
    one = Operation("near", str, str, handler)
    with pytest.raises(UsageError, match="two operations near"):
        Application("hotel", (one, one)).table()
    with pytest.raises(UsageError, match="read and mutating"):
        Operation("near", str, str, handler, mutating=True, read=True)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_statement_costs_more_without_its_index(rows: float, more: float) -> None:
    cost = Cost(rows=rows, scan=rows + more)
    assert cost.seconds(indexed=False) >= cost.seconds()
