"""The MCP door, asked by the official client."""

from __future__ import annotations

import http.client
import json
import sys
import textwrap
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.lab.doors.fixed import BRIEF, NOW, ROWS, FixedSession

from telic.lab.doors.gate import Gate, Limits
from telic.lab.doors.mcp import serve, server

pytest.importorskip("mcp", reason="the extra `lab` is not installed")
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client


async def test_tools_are_generated_from_the_cards() -> None:
    async with Client(server(Gate(FixedSession()))) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}
        assert set(listed) == {"brief", *(each.name for each in BRIEF.tools)}
        assert BRIEF.promises[0].says in (client.instructions or "")
    for card in BRIEF.tools:
        tool = listed[card.name]
        assert (tool.description, tool.input_schema) == (card.doc, card.parameters)
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint == (not card.writes)


async def test_a_call_reaches_the_session_and_its_rows_come_back() -> None:
    session = FixedSession()
    async with Client(server(Gate(session))) as client:
        brief = await client.call_tool("brief", {})
        logs = await client.call_tool("get_logs", {"start": NOW - 9, "end": NOW})
        final = await client.call_tool("submit", {"entity": "rate", "final": True})
        after = await client.call_tool("alerts", {})
    assert "What is asked" in text(brief)
    assert logs.structured_content is not None
    assert logs.structured_content["rows"] == ROWS["get_logs"]
    assert "no such column" in text(logs)
    assert "The session is over" in text(final)
    assert (after.is_error, session.tools) == (True, ["get_logs", "submit"])


async def test_what_is_too_much_is_an_error_on_record() -> None:
    session = FixedSession()
    async with Client(server(Gate(session))) as client:
        large = await client.call_tool("query", {"sql": "x" * 100_000})
        unknown = await client.call_tool("no_such_tool", {})
    assert (large.is_error, unknown.is_error) == (True, True)
    assert session.tools == ["unreadable", "no_such_tool"]
    assert all(len(str(each)) < 1000 for each in session.calls)


async def test_a_flood_is_told_to_wait_and_on_record() -> None:
    session = FixedSession()
    async with Client(server(Gate(session, Limits(rate=0.0, burst=2)))) as client:
        answers = [await client.call_tool("alerts", {}) for _ in range(6)]
    assert [each.is_error for each in answers] == [False] * 2 + [True] * 4
    assert session.tools == ["alerts", "alerts"]


async def test_over_http_the_token_opens_it_and_garbage_is_on_record() -> None:
    session = FixedSession()
    with serve(session) as served:
        async with talking(served.url, served.token) as client:
            assert "rate 2" in text(await client.call_tool("get_changes", {"start": NOW - 9, "end": NOW}))
        for body, status in ((b"\xff{", 400), (b"[" * 5000, 400), (b"x" * 10_000_000, 413)):
            assert posted(served.url, served.token, body) == status
        assert posted(served.url, "guessed", b"{}") == 401
    assert session.tools == ["get_changes", *["unreadable"] * 3]


async def test_over_standard_input_and_output_an_agent_gets_the_same(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        import json, sys
        from tests.lab.doors.fixed import FixedSession
        from telic.lab.doors.desk import Desk
        from telic.lab.doors.mcp import standing
        desk, session = Desk(), FixedSession()
        with standing(desk):
            desk.run(session)
        print(json.dumps(session.tools), file=sys.stderr)
        """)
    )
    where = Path(__file__).parents[3]
    said = tmp_path / "said"
    parameters = StdioServerParameters(command=sys.executable, args=[str(program)], env={"PYTHONPATH": str(where)})
    with said.open("w") as errors:
        async with Client(stdio_client(parameters, errlog=errors)) as client:
            assert (await client.call_tool("alerts", {})).structured_content is not None
            await client.call_tool("submit", {"healthy": False, "final": True})
    assert json.loads(said.read_text()) == ["alerts", "submit"]


@asynccontextmanager
async def talking(url: str, token: str) -> AsyncIterator[Client]:
    async with (
        create_mcp_http_client(headers={"Authorization": f"Bearer {token}"}) as plain,
        Client(streamable_http_client(url, http_client=plain)) as client,
    ):
        yield client


def posted(url: str, token: str, body: bytes) -> int:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    accepted = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", parts.path, body, {"Authorization": f"Bearer {token}", **accepted})
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def text(result: Any) -> str:
    return "\n".join(each.text for each in result.content)
