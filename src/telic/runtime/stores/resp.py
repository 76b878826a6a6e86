"""RESP2, the protocol of Valkey and Redis, as far as simple replies go."""

from __future__ import annotations

from collections.abc import Iterator

Reply = bytes | int | None


class ServerSaid(Exception):
    """An error reply, such as ``OOM command not allowed``."""

    @property
    def code(self) -> str:
        """Its first word."""
        return str(self).partition(" ")[0]


def command(*parts: bytes) -> bytes:
    r"""Encode a command.

    Examples
    --------
    >>> command(b"GET", b"a")
    b'*2\r\n$3\r\nGET\r\n$1\r\na\r\n'
    """
    lines = [b"*%d\r\n" % len(parts)]
    lines += [b"$%d\r\n%b\r\n" % (len(each), each) for each in parts]
    return b"".join(lines)


class Protocol:
    """Takes bytes as they come and gives replies as they are complete."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Reply | ServerSaid]:
        """Yield every reply that is complete now; raise ValueError for what is not RESP2."""
        self._rest += data
        while (found := self._one()) is not None:
            reply, used = found
            self._rest = self._rest[used:]
            yield reply

    def _one(self) -> tuple[Reply | ServerSaid, int] | None:
        end = self._rest.find(b"\r\n")
        if end < 0:
            return None
        kind, line = self._rest[:1], self._rest[1:end]
        if kind == b"+":
            return line, end + 2
        if kind == b"-":
            return ServerSaid(line.decode(errors="replace")), end + 2
        if kind == b":":
            return int(line), end + 2
        if kind == b"$":
            return self._bulk(int(line), end + 2)
        raise ValueError(f"no RESP2 reply begins with {kind!r}")

    def _bulk(self, length: int, start: int) -> tuple[Reply, int] | None:
        if length < 0:
            return None, start
        if len(self._rest) < start + length + 2:
            return None
        return self._rest[start : start + length], start + length + 2
