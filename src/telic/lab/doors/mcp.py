"""A session as a server of the Model Context Protocol, over standard input and output or streamable HTTP.

The tools are those of the brief, with the schemas of its cards; a tool ``brief`` says what is asked and the budget.
Needs the extra ``lab`` (the official SDK, https://github.com/modelcontextprotocol/python-sdk).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from telic.lab.doors.bearer import Application, Bearer, Message, Receive, Send
from telic.lab.doors.desk import Desk
from telic.lab.doors.extra import need
from telic.lab.doors.gate import Gate, Limits, Unreadable, arguments
from telic.lab.doors.kit.words import describe, told
from telic.lab.doors.served import Served, serving
from telic.lab.session.session import Session, ToolResult
from telic.model import dump, plain

PATH = "/mcp"
BRIEF = "brief"


def server(gate: Gate, *, admitted: bool = False) -> Any:
    """Return the SDK's low-level server that is a face of the gate's session.

    Parameters
    ----------
    admitted
        Whether somebody counted the requests already that come to it.

    Raises
    ------
    UsageError
        The extra ``lab`` is not installed.
    """
    lowlevel, types, to_thread = need("mcp.server.lowlevel"), need("mcp_types"), need("anyio.to_thread")
    brief = gate.session.brief
    listed = [types.Tool(name=BRIEF, description="What is asked; costs nothing.", input_schema={"type": "object"})]
    for card in brief.tools:
        hint = types.ToolAnnotations(read_only_hint=not card.writes, destructive_hint=card.writes)
        schema = dict(card.parameters)
        listed.append(types.Tool(name=card.name, description=card.doc, input_schema=schema, annotations=hint))

    async def on_list_tools(context: Any, params: Any) -> Any:
        return types.ListToolsResult(tools=listed)

    async def on_call_tool(context: Any, params: Any) -> Any:
        result = await to_thread.run_sync(_carried_out, gate, params.name, params.arguments, admitted)
        said = [types.TextContent(type="text", text=told(result))]
        structured = json.loads(dump(plain(result)))
        return types.CallToolResult(content=said, structured_content=structured, is_error=bool(result.error))

    return lowlevel.Server(
        f"{brief.app} operations",
        instructions=describe(brief),
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


def serve(session: Session, *, port: int = 0, limits: Limits | None = None) -> AbstractContextManager[Served]:
    """Serve `session` over streamable HTTP on the loopback device until the block is left.

    The address is that of the protocol's endpoint; every request needs ``Authorization: Bearer TOKEN``.
    """
    return serving(session, _application, path=PATH, port=port, limits=limits)


@contextmanager
def standing(desk: Desk, limits: Limits | None = None, *, grace: float = 5.0) -> Iterator[None]:
    """Serve `desk` over this process's standard input and output, beside the block.

    The client is then the parent of this process and can see its command line: it hides nothing. Nothing else may be
    written to standard output meanwhile.

    Parameters
    ----------
    grace
        For the client to read its last answer and hang up, once the block is left [s of the machine's clock].
    """
    anyio, stdio = need("anyio"), need("mcp.server.stdio")

    async def talk() -> None:
        gate = Gate(desk, limits)
        made = server(gate)
        async with stdio.stdio_server() as (incoming, outgoing):
            await made.run(_Noted(incoming, gate), outgoing, made.create_initialization_options())

    def work() -> None:
        try:
            if desk.opened():
                anyio.run(talk)
        finally:
            desk.leave()

    thread = threading.Thread(target=work, name="mcp", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(grace)


def _application(gate: Gate, token: str) -> Application:
    to_thread = need("anyio.to_thread")
    app = server(gate, admitted=True).streamable_http_app(
        streamable_http_path=PATH, json_response=True, max_request_body_size=gate.limits.bytes
    )

    async def note(why: str) -> object:
        return await to_thread.run_sync(gate.unreadable, why)

    async def noting(scope: Any, receive: Receive, send: Send) -> None:
        refused: list[int] = []

        async def look(message: Message) -> None:
            refused.extend(each for each in [message.get("status", 0)] if each >= 400 and scope["method"] == "POST")
            await send(message)

        await app(scope, receive, look if scope["type"] == "http" else send)
        if refused:
            await note(f"a message that the protocol has no place for (HTTP {refused[0]})")

    return Bearer(noting, token, gate, note)


class _Noted:
    """A stream of messages that puts on record what is none."""

    def __init__(self, inner: Any, gate: Gate) -> None:
        self._inner, self._gate = inner, gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aenter__(self) -> Any:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> Any:
        return await self._inner.__aexit__(*raised)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return await self._looked_at(await self._inner.__anext__())

    async def receive(self) -> Any:
        """Return the next message."""
        return await self._looked_at(await self._inner.receive())

    async def _looked_at(self, message: Any) -> Any:
        if isinstance(message, Exception):
            await need("anyio.to_thread").run_sync(self._gate.unreadable, "a line that is no message of the protocol")
        return message


def _carried_out(gate: Gate, tool: str, given: object, admitted: bool) -> ToolResult:
    if tool == BRIEF:
        brief = gate.session.brief
        return ToolResult(describe(brief), ({"calls": brief.calls, "seconds": brief.seconds, "began": brief.began},))
    if not admitted and not gate.admit():
        return ToolResult(error="too many calls; wait a second")
    try:
        read = arguments(json.dumps(given or {}).encode(), gate.limits)
    except (Unreadable, ValueError, RecursionError) as error:
        return gate.unreadable(str(error)[:300])
    return gate.call(tool, read)
