"""Calls as OpenTelemetry's HTTP conventions tell them, in Telic's words: whom they go to, and how they failed.

The conventions name an address and no service, and errors as the language does (``TimeoutError``, ``ECONNRESET``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from telic.errors import UsageError
from telic.telemetry.columns import TABLES, TableRow

_AT = {name: number for number, (name, _) in enumerate(TABLES["spans"])}
KIND, PEER, ERROR, ATTRIBUTES = _AT["kind"], _AT["peer"], _AT["error_type"], _AT["attributes"]
PORTS = ("server.port", "net.peer.port")  # the second until version 1.20 of the conventions
URLS = ("url.full", "http.url")
ERRORS: Mapping[str, str] = {
    "timeout": r"time[d_ -]*out|deadline",
    "connection_refused": r"refused|ConnectException",
    "connection_reset": r"reset|broken_?pipe|EPIPE|disconnected|hang up|connection_?aborted|incomplete_?read|\beof\b",
    "malformed_reply": r"json|bad_?status_?line|protocol_?error|malformed",
}
"""Telic's words for errors of calls, and how the languages' own names look, whatever their case."""
_WORDS = {word: re.compile(pattern, re.IGNORECASE) for word, pattern in ERRORS.items()}


def error_word(text: str) -> str:
    """Return Telic's word for the error type of a call; `text` itself where there is none.

    Examples
    --------
    >>> [error_word(each) for each in ("TimeoutError", "java.net.ConnectException", "ECONNRESET", "503", "KeyError")]
    ['timeout', 'connection_refused', 'connection_reset', '503', 'KeyError']
    """
    if text in _WORDS or text.isdecimal() or text == "deadline_exceeded":
        return text
    return next((word for word, pattern in _WORDS.items() if pattern.search(text)), text)


class Peers:
    """Services by the port of loopback that leads to them.

    Examples
    --------
    >>> Peers({8124: "stock"}).of({"server.address": "127.0.0.1", "server.port": 8124})
    'stock'
    """

    def __init__(self, ports: Mapping[int, str]) -> None:
        self._ports, self._names = ports, frozenset(ports.values())

    def named(self, rows: Iterable[TableRow]) -> Iterator[TableRow]:
        """Yield rows of ``spans``, calls with their callee where it is known, and errors in Telic's words."""
        for row in rows:
            if row[KIND] != "client":
                yield row
                continue
            said = list(row)
            said[PEER] = said[PEER] or self.of(msgspec.json.decode(row[ATTRIBUTES]))  # type: ignore[call-overload]
            said[ERROR] = error_word(str(said[ERROR] or ""))
            yield tuple(said)

    def of(self, attributes: Mapping[str, object]) -> str:
        """Return the service that the attributes of a call lead to; empty where none of ours is named."""
        for name in ("server.address", "net.peer.name"):
            if attributes.get(name) in self._names:
                return str(attributes[name])
        for name in PORTS:
            if (found := self._ports.get(_number(attributes.get(name)))) is not None:
                return found
        for name in URLS:
            if (found := self._ports.get(_port(attributes.get(name)))) is not None:
                return found
        return ""


def read_peers(text: str) -> Peers | None:
    """Read ``8124=stock,8125=mail``; None of nothing.

    Raises
    ------
    UsageError
        It is something else.
    """
    try:
        pairs = [each.partition("=") for each in text.split(",") if each]
        ports = {int(port): name for port, _, name in pairs}
    except ValueError as error:
        raise UsageError(f"--peers {text!r}: {error}", hint="write PORT=SERVICE,...") from error
    return Peers(ports) if ports else None


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0


def _port(url: object) -> int:
    try:
        return urlsplit(str(url)).port or 0
    except ValueError:
        return 0
