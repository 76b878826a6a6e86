"""The HTTP application of one session, with its OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from telic.lab.doors.bearer import Application, Bearer
from telic.lab.doors.gate import Gate, Unreadable, arguments
from telic.lab.session.session import Brief, ToolCard, ToolResult
from telic.model import dump

ABOUT = """One actor's time with one system. `GET /brief` says what is asked and which tools there are,
`POST /call/TOOL` with a JSON object calls one, `POST /submit` states claims, `GET /now` tells the world's time. Every
request needs `Authorization: Bearer TOKEN`. What cannot be read is answered with 400, 404 or 413 and costs a call;
429 says to wait; 410 says that the session is over."""


def application(gate: Gate, token: str) -> Application:
    """Return an ASGI application that is a face of the gate's session."""
    app = FastAPI(title="A session of the lab", version="1", description=ABOUT, docs_url=None, redoc_url=None)
    _add_reads(app, gate)
    _add_calls(app, gate)
    brief = gate.session.brief
    paths = app.openapi()["paths"]
    paths.update({f"/call/{card.name}": {"post": operation(card)} for card in brief.tools})
    return Bearer(app, token, gate, lambda why: run_in_threadpool(gate.unreadable, why))


def _add_reads(app: FastAPI, gate: Gate) -> None:
    @app.get("/brief", summary="What is asked, and which tools there are", response_model=Brief)
    def brief() -> Response:
        return _answer(gate.session.brief)

    @app.get("/now", summary="The world's time", response_model=Mapping[str, float | bool])
    def now() -> Response:
        return _answer({"now": gate.session.now(), "closed": gate.session.closed})


def _add_calls(app: FastAPI, gate: Gate) -> None:
    @app.post("/submit", summary="State claims; the last ones before the end count", response_model=ToolResult)
    async def submit(request: Request) -> Response:
        return await call("submit", request)

    @app.post("/call/{tool}", summary="Call a tool", response_model=ToolResult)
    async def call(tool: str, request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_carried_out, gate, tool, body)

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def elsewhere(request: Request, error: Exception) -> Response:
        why = f"no {request.method} {request.url.path[:80]!r}: GET /brief, GET /now, POST /call/TOOL, POST /submit"
        return _answer(await run_in_threadpool(gate.unreadable, why), 404)


def _carried_out(gate: Gate, tool: str, body: bytes) -> Response:
    if gate.session.closed:
        return _answer(gate.call(tool, {}), 410)
    try:
        given = arguments(body, gate.limits)
    except Unreadable as error:
        return _answer(gate.unreadable(str(error)), 400)
    known = any(card.name == tool for card in gate.session.brief.tools)
    return _answer(gate.call(tool, given), 200 if known else 404)


def _answer(record: object, status: int = 200) -> Response:
    return Response(dump(record), status, media_type="application/json")


def operation(card: ToolCard) -> dict[str, Any]:
    """Return the OpenAPI operation of one tool."""
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/ToolResult"}}}
    return {
        "operationId": card.name,
        "summary": card.doc.partition("\n")[0],
        "description": card.doc,
        "requestBody": {"content": {"application/json": {"schema": dict(card.parameters)}}},
        "responses": {"200": {"description": "What came of it", "content": answer}},
    }
