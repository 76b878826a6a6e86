"""Requests as the file of a brought system says them: what is not an error is right."""

from __future__ import annotations

from telic.worlds.brought.app import Operation
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT
from telic.worlds.load.plan import Planned

FIRST_ERROR = 400  # status [1]


class Request(Ask, frozen=True):
    """An HTTP request with a method, a path and a body of its own."""

    method: str = "GET"
    target: str = "/"
    text: str = ""

    def payload(self, host: str) -> bytes:
        """Return the request as HTTP/1.1."""
        body = self.text.encode()
        lines = [f"{self.method} {self.target} HTTP/1.1", f"host: {host}", "accept: */*"]
        if body:
            lines += ["content-type: application/json", f"content-length: {len(body)}"]
        elif self.method not in ("GET", "HEAD"):
            lines.append("content-length: 0")
        return "\r\n".join([*lines, "", ""]).encode() + body


class Plain:
    """Users of one operation of a brought system."""

    def __init__(self, operation: Operation) -> None:
        name, body = operation.name, operation.body
        self._request = Request(
            name, name, {}, judge, glance=_seen, method=operation.method, target=operation.path, text=body
        )

    def ask(self, planned: Planned) -> Ask:
        """Return the request, the same every time."""
        return self._request


def judge(answer: Answer) -> Finding:
    """Call an answer right whose status says so; what it holds, nobody has said."""
    if answer.problem:
        return Finding(answer.problem)
    return RIGHT if 0 < answer.status < FIRST_ERROR else Finding(f"status_{answer.status}")


def _seen(body: bytes) -> Finding:
    """Every body of a 200 is right."""
    return RIGHT
