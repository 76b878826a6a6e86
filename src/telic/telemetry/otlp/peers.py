"""Whom a call goes to, where its span names an address and no service, as OpenTelemetry's HTTP conventions do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from telic.errors import UsageError
from telic.telemetry.columns import TABLES, TableRow

_AT = {name: number for number, (name, _) in enumerate(TABLES["spans"])}
KIND, PEER, ATTRIBUTES = _AT["kind"], _AT["peer"], _AT["attributes"]
PORTS = ("server.port", "net.peer.port")  # the second until version 1.20 of the conventions
URLS = ("url.full", "http.url")


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
        """Yield rows of ``spans``, calls with whom they go to where that is known."""
        for row in rows:
            if row[KIND] == "client" and not row[PEER]:
                found = self.of(msgspec.json.decode(row[ATTRIBUTES]))  # type: ignore[call-overload]
                yield (*row[:PEER], found, *row[PEER + 1 :]) if found else row
            else:
                yield row

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
