"""The HTTP door: what a client sees, and what bad input comes to."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.doors.fixed import BRIEF, NOW, ROWS, FixedSession

import telic.lab.session.session as own
from telic.lab.doors.desk import Desk
from telic.lab.doors.gate import Gate, Limits, Unreadable, arguments
from telic.lab.doors.http.serve import serve
from telic.lab.doors.kit import client
from telic.lab.doors.served import Served
from telic.lab.session.session import ToolResult


@contextmanager
def served(session: FixedSession, limits: Limits | None = None) -> Iterator[Served]:
    with serve(session, limits=limits) as found:
        yield found


def ask(found: Served, method: str, path: str, body: bytes = b"", token: str = "") -> tuple[int, dict[str, object]]:
    host, _, port = found.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {token or found.token}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_a_client_gets_the_session_as_it_is() -> None:
    session = FixedSession()
    with served(session) as found:
        remote = client.connect(found.url, found.token)
        assert [each.name for each in remote.brief.tools] == [each.name for each in BRIEF.tools]
        assert remote.brief.tools[4].parameters == BRIEF.tools[4].parameters
        assert remote.brief.promises[0].says == BRIEF.promises[0].says
        assert dict(remote.brief.mechanisms) == dict(BRIEF.mechanisms)
        assert remote.now() == NOW
        logs = remote.call("get_logs", {"start": NOW - 10, "end": NOW, "service": "rate"})
        assert list(logs.rows) == ROWS["get_logs"]
        assert (logs.seconds, logs.closed) == (1.0, False)
        assert not remote.closed
        assert remote.call("submit", {"entity": "rate", "final": True}).closed
        assert remote.closed
    assert session.calls == [
        ("get_logs", {"start": NOW - 10, "end": NOW, "service": "rate"}),
        ("submit", {"entity": "rate", "final": True}),
    ]


def test_the_clients_records_are_those_of_the_lab() -> None:
    for name in ("Promise", "ToolCard", "Brief", "ToolResult"):
        its, ours = (getattr(module, name) for module in (client, own))
        assert [each.name for each in fields(its)] == [each.name for each in fields(ours)]


def test_the_client_imports_the_standard_library_alone() -> None:
    source = Path(client.__file__).read_text(encoding="utf-8")
    assert "telic" not in "".join(line for line in source.splitlines() if line.startswith(("import", "from")))


def test_the_openapi_description_has_every_tool_with_its_schema() -> None:
    with served(FixedSession()) as found:
        status, document = ask(found, "GET", "/openapi.json")
    assert status == 200
    paths = document["paths"]
    assert isinstance(paths, dict)
    for card in BRIEF.tools:
        body = paths[f"/call/{card.name}"]["post"]["requestBody"]
        assert body["content"]["application/json"]["schema"] == card.parameters
    assert {"/brief", "/now", "/submit", "/call/{tool}"} <= set(paths)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/call/get_logs", b"\xff\x00 not json", 400),
        ("POST", "/call/get_logs", b"[1, 2]", 400),
        ("POST", "/call/get_logs", b'{"start": NaN}', 400),
        ("POST", "/call/get_logs", b"[" * 60_000, 400),
        ("POST", "/call/wait", b'{"seconds": ' + b"9" * 5000 + b"}", 400),
        ("POST", "/call/no_such_tool", b"{}", 404),
        ("GET", "/scenario", b"", 404),
        ("GET", "/call/wait", b"", 404),
        ("POST", "/call/" + "x" * 5000, b"{}", 404),
        ("POST", "/call/query", b'{"sql": "' + b"x" * 10_000_000 + b'"}', 413),
    ],
)
def test_what_cannot_be_read_gets_a_4xx_and_costs_a_call(method: str, path: str, body: bytes, status: int) -> None:
    session = FixedSession()
    with served(session) as found:
        got, answer = ask(found, method, path, body)
        after, _ = ask(found, "POST", "/call/alerts", b"{}")
    assert (got, after) == (status, 200)
    assert answer["error"]
    assert len(session.calls) == 2
    assert session.errors[0]
    assert len(str(session.calls[0])) < 500  # what is on record is bounded too


def test_nobody_without_the_token_gets_anything_nor_costs_a_call() -> None:
    session = FixedSession()
    with served(session) as found:
        for path in ("/brief", "/openapi.json", "/call/alerts"):
            status, answer = ask(found, "GET", path, token="guessed")
            assert (status, list(answer)) == (401, ["error"])
        with pytest.raises(ConnectionError, match="401"):
            client.connect(found.url, "guessed")
    assert session.calls == []


def test_a_flood_gets_429_and_is_on_record_once() -> None:
    session = FixedSession()
    with served(session, Limits(rate=0.0, burst=3)) as found:
        statuses = [ask(found, "POST", "/call/alerts")[0] for _ in range(10)]
    assert statuses == [200] * 3 + [429] * 7
    assert session.calls[3:] == [("turned-away", {"requests": 7})]


def test_calls_that_pile_up_get_429_while_one_is_carried_out() -> None:
    begun, go = Event(), Event()

    class Slow(FixedSession):
        def call(self, tool: str, arguments: object) -> ToolResult:
            begun.set()
            assert go.wait(20)
            return ToolResult("done")

    with serve(Slow(), limits=Limits(waiting=1)) as found:
        first: list[int] = []
        thread = Thread(target=lambda: first.append(ask(found, "POST", "/call/alerts")[0]))
        thread.start()
        assert begun.wait(20)
        second, _ = ask(found, "POST", "/call/alerts")
        go.set()
        thread.join()
    assert (first, second) == ([200], 429)


def test_after_the_end_every_call_gets_410_and_then_nobody_answers() -> None:
    session = FixedSession(replace(BRIEF, calls=1))
    with served(session) as found:
        remote = client.connect(found.url, found.token)
        assert remote.call("alerts", {}).closed
        status, answer = ask(found, "POST", "/call/restart", b'{"target": "rate"}')
        assert (status, answer["closed"]) == (410, True)
        assert ask(found, "POST", "/submit", b"garbage")[0] == 410
    late = remote.call("alerts", {})
    assert late.closed
    assert "no answer" in late.error
    assert session.tools == ["alerts"]


def test_an_agent_that_never_calls_is_left_after_its_patience() -> None:
    desk = Desk(patience=0.01)
    desk.run(FixedSession())
    assert desk.why == "silent"
    assert desk.call("alerts", {}).closed


def test_a_desk_carries_out_what_other_threads_post_on_its_own_thread() -> None:
    desk, session = Desk(), FixedSession(replace(BRIEF, calls=6))
    answers: list[ToolResult] = []
    thread = Thread(target=lambda: answers.extend(desk.call("alerts", {}) for _ in range(8)))
    thread.start()
    desk.run(session)
    thread.join()
    assert [each.closed for each in answers] == [False] * 5 + [True] * 3
    assert desk.why == "over"


def test_a_world_that_fails_lets_nobody_wait_for_ever() -> None:
    class Broken(FixedSession):
        def call(self, tool: str, arguments: object) -> ToolResult:
            raise OSError("the world is gone")

    desk = Desk()
    answers: list[ToolResult] = []
    thread = Thread(target=lambda: answers.append(desk.call("alerts", {})))
    thread.start()
    with pytest.raises(OSError, match="the world is gone"):
        desk.run(Broken())
    thread.join()
    assert answers[0].closed


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_arguments_or_unreadable(body: bytes) -> None:
    with suppress(Unreadable):
        assert isinstance(arguments(body, Limits(bytes=200)), dict)


def test_tokens_of_a_gate_come_back_with_time() -> None:
    time = [0.0]
    gate = Gate(FixedSession(), Limits(rate=2.0, burst=2), clock=lambda: time[0])
    assert [gate.admit() for _ in range(3)] == [True, True, False]
    time[0] = 0.5
    assert [gate.admit() for _ in range(2)] == [True, False]


def test_no_path_of_the_lab_stands_in_an_answer() -> None:
    class Traced(FixedSession):
        def call(self, tool: str, arguments: object) -> ToolResult:
            rows = (
                {"body": 'File "/tmp/telic-lab-7-x/hotel/store.py"', "more": [{"at": "/tmp/telic-lab-7-x"}], "n": 1},
            )
            return ToolResult("see /var/tmp/telic-lab-7-x/log", rows, "/tmp/telic-lab-7-x/a: not there")

    found = Gate(Traced()).call("get_logs", {})
    assert list(found.rows) == [{"body": 'File "/srv/hotel/store.py"', "more": [{"at": "/srv"}], "n": 1}]
    assert (found.text, found.error) == ("see /srv/log", "/srv/a: not there")


def test_a_path_that_an_answer_gave_may_be_given_back() -> None:
    asked: list[object] = []

    class Secrets(FixedSession):
        def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
            asked.append(arguments)
            return ToolResult(rows=({"file": "/tmp/telic-lab-7-x/hotel/secrets/hotel-2", "given": []},))

    gate = Gate(Secrets())
    gate.call("set_config", {"value": "/srv/hotel/secrets/hotel-2"})
    (row,) = gate.call("get_secrets", {}).rows
    gate.call("set_config", {"key": "store.postgres.password_file", "value": row["file"]})
    gate.call("exec_shell", {"command": "/srv/hotel/run"})
    assert asked[0] == {"value": "/srv/hotel/secrets/hotel-2"}  # nothing is known of a place yet
    assert asked[2:] == [
        {"key": "store.postgres.password_file", "value": "/tmp/telic-lab-7-x/hotel/secrets/hotel-2"},
        {"command": "/srv/hotel/run"},
    ]
