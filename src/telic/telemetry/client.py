"""Asks the receiver of a running system: a `model.Store` over its unix socket."""

from __future__ import annotations

import http.client
import socket
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from telic.errors import StoreFailed, UsageError, WorldUnavailable
from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.live import LiveRow
from telic.telemetry.wire import ErrorReply, QueryReply, QueryRequest, Status

T = TypeVar("T")
GRACE = 2.0  # how much longer than the query's own deadline an answer may take [s]


def listens(path: Path) -> bool:
    """Whether somebody takes questions on a unix socket; who was killed leaves its file."""
    with socket.socket(socket.AF_UNIX) as asking:
        return path.is_socket() and asking.connect_ex(str(path)) == 0


class TelemetryClient:
    """Telemetry of one system, read-only; safe to use from several threads.

    Parameters
    ----------
    socket_path
        ``telemetry.sock`` in the run folder of the system's state.
    timeout
        How long anything but a query may take [s].
    """

    def __init__(self, socket_path: Path | str, *, timeout: float = 2.0) -> None:
        self.socket_path = str(socket_path)
        self.timeout = timeout
        self._idle: deque[_UnixConnection] = deque(maxlen=4)

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; at most `limit` rows [1] within `timeout` [s].

        Raises
        ------
        UsageError
            The statement is not one SELECT, or does not fit the tables.
        StoreFailed
            It took longer than `timeout`, or the store failed.
        WorldUnavailable
            No receiver answers on the socket.
        """
        return self.reply(sql, params, limit=limit, timeout=timeout).records()

    def reply(self, sql: str, params: Sequence[Scalar] = (), *, limit: int, timeout: float) -> QueryReply:
        """Run one SELECT as `query` does; the answer also says whether there are more rows than `limit`."""
        request = QueryRequest(sql=sql, params=list(params), limit=limit, timeout=timeout)
        return self._ask("POST", "/query", QueryReply, msgspec.json.encode(request), timeout=timeout + GRACE)

    def live(self, since: float) -> list[LiveRow]:
        """Return the per-second rows that end at or after `since` [s since the Unix epoch], oldest first."""
        return self._ask("GET", f"/live?since={since:.3f}", list[LiveRow])

    def status(self) -> Status:
        """Return the receiver's own counts."""
        return self._ask("GET", "/-/status", Status)

    def ready(self) -> bool:
        """Whether the receiver accepts telemetry and queries."""
        try:
            self._ask("GET", "/-/ready", object)
        except (WorldUnavailable, StoreFailed):
            return False
        return True

    def close(self) -> None:
        """Close idle connections; the client may be used again."""
        while self._idle:
            self._idle.pop().close()

    def _ask(self, method: str, path: str, kind: type[T], body: bytes = b"", *, timeout: float | None = None) -> T:
        status, data = self._exchange(method, path, body, timeout or self.timeout)
        try:
            if status == 200:
                return msgspec.json.decode(data, type=kind, strict=False)
            error = msgspec.json.decode(data, type=ErrorReply)
        except msgspec.MsgspecError as wrong:
            said = f"the answer of {self.socket_path} to {path} cannot be read: {wrong}"
            raise StoreFailed(said, hint="is it a receiver of this version?") from wrong
        if status in (400, 404, 405, 413):
            raise UsageError(error.error, hint=error.hint)
        raise StoreFailed(error.error, hint=error.hint, status=status)

    def _exchange(self, method: str, path: str, body: bytes, timeout: float) -> tuple[int, bytes]:
        while True:  # a connection that went stale while idle is replaced; every call may be repeated
            try:
                connection, reused = self._idle.pop(), True
            except IndexError:
                connection, reused = _UnixConnection(self.socket_path), False
            try:
                connection.limit(timeout)
                connection.request(method, path, body or None, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = response.status, response.read()
            except TimeoutError as error:
                connection.close()
                raise StoreFailed(
                    f"the receiver at {self.socket_path} did not answer within {timeout:g} s",
                    hint="see its log in the state folder; `telic status` tells whether it runs",
                ) from error
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if reused:
                    continue
                raise WorldUnavailable(
                    f"no telemetry receiver answers at {self.socket_path}: {error}",
                    hint="start the system with `telic up`",
                ) from error
            if not response.will_close:
                self._idle.append(connection)
            return answer


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def limit(self, timeout: float) -> None:
        self.timeout = timeout
        if self.sock is not None:
            self.sock.settimeout(timeout)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
