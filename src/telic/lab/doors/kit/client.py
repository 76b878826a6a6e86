"""A session over HTTP, seen by its actor; this file needs Python's standard library and nothing else.

Copy it next to an agent, or import it; ``connect()`` finds address and token in the environment of the agent's process.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

URL, TOKEN = "TELIC_URL", "TELIC_TOKEN"
TIMEOUT = 120.0  # for one answer [s]


@dataclass(frozen=True)
class Promise:
    """One thing that users were promised."""

    id: str
    says: str


@dataclass(frozen=True)
class ToolCard:
    """One tool: what it does, and the JSON schema of what it takes."""

    name: str
    doc: str
    parameters: Mapping[str, object]
    writes: bool = False


@dataclass(frozen=True)
class Brief:
    """What an actor is told before it begins."""

    app: str
    entry: str
    promises: tuple[Promise, ...]
    tasks: tuple[str, ...] = ()
    tools: tuple[ToolCard, ...] = ()
    mechanisms: Mapping[str, str] = field(default_factory=dict)
    calls: int = 200  # at most [1]
    seconds: float = 60.0  # until the end at the latest [s of the world's time]
    began: float = 0.0  # [s since the Unix epoch]


@dataclass(frozen=True)
class ToolResult:
    """What came of one call."""

    text: str = ""
    rows: Sequence[Mapping[str, object]] = ()
    error: str = ""
    seconds: float = 0.0  # of the world's time [s]
    closed: bool = False


class RemoteSession:
    """The session behind `url`: the same attributes and calls as ``telic.lab.session.Session``.

    Parameters
    ----------
    url, token
        What the lab gave to the actor.
    """

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port, self._base = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout, self.closed = timeout, False
        self.brief = _brief(self._ask("GET", "/brief"))

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        return float(str(self._ask("GET", "/now").get("now", 0.0)))

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Call a tool of the brief; what goes wrong stands in `error` of the result."""
        body = json.dumps(dict(arguments)).encode()
        try:
            found = self._ask("POST", f"/call/{urllib.parse.quote(tool, safe='')}", body)
        except (OSError, http.client.HTTPException) as error:
            self.closed = isinstance(error, ConnectionError)
            return ToolResult(error=f"no answer: {error or type(error).__name__}", closed=self.closed)
        known = {name: found[name] for name in ToolResult.__dataclass_fields__ if name in found}
        result = ToolResult(**known)  # type: ignore[arg-type]
        self.closed = self.closed or result.closed
        return result

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, object]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, self._base + path, body, self._headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if method == "GET" and response.status != 200:
            raise ConnectionError(f"{method} {path}: {response.status} {text[:300].decode(errors='replace')}")
        found = json.loads(text)
        if not isinstance(found, dict):
            raise http.client.HTTPException(f"{method} {path}: an answer that is no JSON object")
        return found


def connect(url: str = "", token: str = "") -> RemoteSession:
    """Return the session at `url`, by default that of the environment.

    Raises
    ------
    OSError
        Nobody answers there, or the token does not fit.
    """
    return RemoteSession(url or os.environ[URL], token or os.environ[TOKEN])


def _brief(found: Mapping[str, object]) -> Brief:
    known = {name: found[name] for name in Brief.__dataclass_fields__ if name in found}
    promises = tuple(Promise(**each) for each in _records(known.pop("promises", ())))  # type: ignore[arg-type]
    tools = tuple(ToolCard(**each) for each in _records(known.pop("tools", ())))  # type: ignore[arg-type]
    tasks = tuple(str(each) for each in _list(known.pop("tasks", ())))
    return Brief(**known, promises=promises, tools=tools, tasks=tasks)  # type: ignore[arg-type]


def _records(value: object) -> list[dict[str, object]]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
