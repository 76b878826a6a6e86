"""Copies what arrives to another OTLP/HTTP endpoint; what it cannot take in time is dropped and counted."""

from __future__ import annotations

import http.client
import logging
import threading
import time
from collections import deque
from urllib.parse import urlsplit

from telic.errors import UsageError

log = logging.getLogger(__name__)

WAITING_MAX = 8 << 20  # bodies that wait for the other endpoint [bytes]
TIMEOUT = 5.0  # [s]
PAUSE = 1.0  # after a failure [s]
COMPLAINTS = 60.0  # between two log lines about the same failure [s]

Copy = tuple[str, bytes, dict[str, str]]  # path, body, headers


class Forwarder:
    """One thread that sends copies; `offer` never blocks.

    Parameters
    ----------
    url
        The other endpoint, to which ``/v1/traces`` and so on are appended.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"cannot forward to {url!r}", hint="give an OTLP/HTTP address such as http://collector:4318"
            )
        self.sent = self.dropped = 0
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._connection: http.client.HTTPConnection | None = None
        self._waiting: deque[Copy] = deque()
        self._size, self._lock = 0, threading.Lock()
        self._wake = threading.Event()
        self._complained = float("-inf")
        threading.Thread(target=self._run, name="forward", daemon=True).start()

    def offer(self, path: str, data: bytes, media: str, encoding: str) -> None:
        """Take a copy if there is room."""
        headers = {"Content-Type": media} | ({"Content-Encoding": encoding} if encoding else {})
        with self._lock:
            if self._size + len(data) > WAITING_MAX:
                self.dropped += 1
                return
            self._waiting.append((path, data, headers))
            self._size += len(data)
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                copy = self._waiting.popleft()
                with self._lock:
                    self._size -= len(copy[1])
                self._send(copy)

    def _send(self, copy: Copy) -> None:
        path, data, headers = copy
        try:
            if self._connection is None:
                self._connection = self._kind(self._host, self._port, timeout=TIMEOUT)
            self._connection.request("POST", self._base + path, data, headers)
            response = self._connection.getresponse()
            response.read()
            if response.status >= 300:
                raise http.client.HTTPException(f"it answered {response.status}")
            self.sent += 1
        except (OSError, http.client.HTTPException) as error:
            self.dropped += 1
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._complain(error)
            time.sleep(PAUSE)

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._complained > COMPLAINTS:
            self._complained = now
            log.warning("cannot forward to %s: %s; copies are dropped, %d so far", self._host, error, self.dropped)
