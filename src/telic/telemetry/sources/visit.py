"""Requests to a source, bounded together in time and bytes, every failure typed."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import zlib
from types import TracebackType
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from telic.errors import SourceFailed
from telic.telemetry.sources.card import Exhausted, Limit
from telic.telemetry.sources.place import Pairs, Place
from telic.telemetry.sources.secrets import one_line

T = TypeVar("T")

CHUNK = 1 << 16  # [bytes]
ERROR_MAX = 1 << 14  # of an error's body that is read [bytes]
URL_MAX = 4000  # longer queries go into the body [characters]
HINTS = {
    400: "the server does not understand the query; is it the kind and version of server that --source says?",
    401: "give a user, password or token: in the URL (https://user:${NAME}@host) or as a header in a sources file",
    403: "what was given does not allow reading; ask for a role that may read",
    404: "is this the server's base URL? a path prefix belongs to it, such as http://host/prometheus",
    422: "the server refuses the query; narrow the window or the entities",
    429: "the server is busy; try again later, or narrow the window or the entities",
    503: "the server is not ready; try again in a minute",
}


class Visit:
    """One answer's worth of requests over one connection; use it in a ``with``.

    Parameters
    ----------
    place
        Whom to ask.
    limit
        Bounds on all requests together.
    """

    def __init__(self, place: Place, limit: Limit) -> None:
        self.place, self.limit = place, limit
        self.queries: list[str] = []
        self.cut: list[str] = []
        self.bytes = 0
        self.expired = False
        self._ends = time.monotonic() + limit.seconds
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._watch = threading.Timer(limit.seconds, self._expire)
        self._watch.daemon = True

    def __enter__(self) -> Visit:
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._watch.cancel()
        self._drop()

    def get(self, path: str, params: Pairs, kind: type[T], *, accept: str = "application/json") -> T:
        """Ask with GET, or with POST and a form where the URL would be too long; return the answer as `kind`."""
        query = urlencode((*self.place.params, *params))
        self.queries.append(f"GET {self.place.say(path, params)}")
        if len(query) <= URL_MAX:
            data = self._exchange("GET", path, query, None, {"Accept": accept})
        else:
            form = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
            data = self._exchange("POST", path, "", query.encode(), form)
        return self._read(data, kind)

    def post(self, path: str, params: Pairs, body: object, kind: type[T]) -> T:
        """Ask with POST and a JSON body; return the answer as `kind`."""
        data = msgspec.json.encode(body)
        self.queries.append(self.place.hide(f"POST {self.place.say(path, params)} {data.decode()[:4000]}"))
        query = urlencode((*self.place.params, *params))
        sent = {"Accept": "application/json", "Content-Type": "application/json"}
        return self._read(self._exchange("POST", path, query, data, sent), kind)

    def _read(self, data: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            said = one_line(self.place.hide(f"{error}: {data[:80].decode(errors='replace')}"))
            raise self.failed(
                f"did not answer as the API of {self.place.kind} says: {said}",
                "is this the server's base URL, and not that of its web page or of another server?",
            ) from error

    def _exchange(self, method: str, path: str, query: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        sent = {"User-Agent": "telic", "Accept-Encoding": "gzip", **headers, **self.place.headers}
        target = f"{self.place.path}{path}" + (f"?{query}" if query else "")
        try:
            for attempt in (1, 2):
                fresh = self._connection is None
                try:
                    response = self._ask(method, target, body, sent)
                    break
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    self._drop()  # a kept connection may have ended meanwhile
                    if fresh or attempt == 2 or self.expired:
                        raise
            return self._body(response)
        except SourceFailed:
            self._drop()
            raise
        except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
            self._drop()
            if self.expired or (isinstance(error, TimeoutError) and self._left() <= 0):
                raise self._late() from error
            raise self.failed(
                f"does not answer: {self._words(error)}", "is it running, and reachable from here? check host and port"
            ) from error

    def _ask(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        left = self._left()
        if left <= 0 or self.expired:
            raise self._late()
        if self._connection is None:
            self._connection = self._connect(left)
            self._connection.connect()
            self._socket = self._connection.sock
        if self._socket is not None:
            self._socket.settimeout(left)
        self._connection.request(method, target, body, headers)
        return self._connection.getresponse()

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        place = self.place
        context = place.context()
        if context is None:
            return http.client.HTTPConnection(place.host, place.port, timeout=seconds)
        return http.client.HTTPSConnection(place.host, place.port, timeout=seconds, context=context)

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        wrong = response.status != 200
        most = ERROR_MAX if wrong else self.limit.bytes - self.bytes
        packed = response.getheader("Content-Encoding", "").strip().lower() == "gzip"
        unpack = zlib.decompressobj(wbits=31) if packed else None
        found, size = [], 0
        while data := response.read1(CHUNK):
            if unpack is not None:
                data = unpack.decompress(data, max(1, most - size + 1))
            found.append(data)
            size += len(data)
            if size > most:
                break
            if self._left() <= 0:
                raise self._late()
        self.bytes += min(size, most)
        if wrong:
            self._drop()
            raise self._refused(response, b"".join(found)[:ERROR_MAX])
        if size > most:
            raise self._exhausted(f"sends more than {self.limit.bytes} bytes", "narrow the window or the entities")
        if response.length or (unpack is not None and not unpack.eof):
            raise http.client.IncompleteRead(b"".join(found[:1])[:80], response.length)
        response.close()  # the connection is free for the next request
        return b"".join(found)

    def _refused(self, response: http.client.HTTPResponse, body: bytes) -> SourceFailed:
        status = response.status
        if 300 <= status < 400:
            to = one_line(response.getheader("Location", "") or "elsewhere")
            return self.failed(f"answers {status}: it moved to {self.place.hide(to)}", "name that address instead")
        said = one_line(self.place.hide(_said(body)))
        hint = HINTS.get(status) or (
            "the server failed; see its log" if status >= 500 else "check the address and the kind of server"
        )
        return self.failed(f"answers {status}" + (f": {said}" if said else ""), hint, status=status)

    def failed(self, what: str, hint: str, **context: object) -> SourceFailed:
        """Return the error that says what the source did, and where."""
        place = self.place
        return SourceFailed(f"{place.kind} at {place.shown} {what}", hint=hint, url=place.shown, **context)

    def _exhausted(self, what: str, hint: str) -> Exhausted:
        place = self.place
        return Exhausted(f"{place.kind} at {place.shown} {what}", hint=hint, url=place.shown)

    def _late(self) -> Exhausted:
        said = f"did not answer within {self.limit.seconds:g} s"
        return self._exhausted(said, "give it more time, or narrow the window or the entities")

    def _words(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return "timed out"
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return one_line(self.place.hide(f"{type(error).__name__}: {said}"))

    def _left(self) -> float:
        return self._ends - time.monotonic()

    def _expire(self) -> None:
        """End whatever the connection waits for; a server that sends a byte now and then gets no more time."""
        self.expired = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _said(body: bytes) -> str:
    """Return the message of an error's body: the usual member of a JSON object, else the text."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")
    while isinstance(found, dict):
        found = next((found[name] for name in ("error", "message", "reason", "errors", "msg") if found.get(name)), "")
    return found if isinstance(found, str) else msgspec.json.encode(found).decode()
