"""The export thread: every interval it drains the recorder and posts OTLP over one kept connection."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from telic.runtime.telemetry import encode
from telic.runtime.telemetry.post import LATER, Poster
from telic.runtime.telemetry.recorder import Recorder

T = TypeVar("T")
PENDING_BYTES = 8_000_000  # of requests that could not be delivered yet [bytes]
_LATER = frozenset({LATER, 429, 502, 503, 504})  # OTLP: may be sent again


@dataclass(frozen=True)
class Target:
    """Where telemetry goes."""

    endpoint: str  # http://127.0.0.1:4318
    resource: Mapping[str, object]
    interval: float = 0.5  # [s]


class Exporter:
    """Owns the thread; `retarget` may be called at any time."""

    def __init__(self, recorder: Recorder, target: Target) -> None:
        self._recorder, self._target = recorder, target
        self._resource = encode.resource(target.resource)
        self._pending: deque[tuple[str, bytes, int]] = deque()  # path, body, items in it
        self._since = recorder.now()
        self._stop, self._wake = False, threading.Event()
        self._poster = Poster(target.endpoint)
        self._timeout = 2.0
        self._thread = threading.Thread(target=self._run, name="telic-telemetry", daemon=True)

    def start(self) -> None:
        """Start the thread; call it after the last fork."""
        self._thread.start()

    def retarget(self, target: Target) -> None:
        """Send to another endpoint, or under another resource, from now on."""
        self._target, self._resource = target, encode.resource(target.resource)

    def close(self, timeout: float = 1.0) -> None:
        """Send what is left within `timeout` [s] and end the thread."""
        self._timeout, self._stop = timeout * 0.8, True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        else:
            self._poster.close()

    def flush(self) -> None:
        """Encode what was recorded and try to deliver everything that waits; runs in the thread."""
        self._collect()
        if self._poster.endpoint != self._target.endpoint:
            self._poster.close()
            self._poster = Poster(self._target.endpoint)
        while self._pending:
            path, body, items = self._pending[0]
            status = self._poster.post(path, body, self._timeout)
            if status in _LATER:
                break
            self._pending.popleft()
            if status >= 300:
                self._recorder.dropped.value += items

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(self._target.interval)
            self.flush()
        self._poster.close()

    def _collect(self) -> None:
        recorder, now = self._recorder, self._recorder.now()
        spans = _drain(recorder.spans)
        if spans:
            self._queue("/v1/traces", encode.spans(spans), len(spans))
        logs = _drain(recorder.logs)
        if logs:
            self._queue("/v1/logs", encode.logs(logs), len(logs))
        points = recorder.metrics.take(self._since, now)
        self._since = now
        if points:
            self._queue("/v1/metrics", encode.scoped(points), 1)

    def _queue(self, path: str, items: bytes, count: int) -> None:
        self._pending.append((path, encode.request(self._resource, items), count))
        size = sum(len(body) for _, body, _ in self._pending)
        while size > PENDING_BYTES and len(self._pending) > 1:
            _, body, lost = self._pending.popleft()
            size -= len(body)
            self._recorder.dropped.value += lost


def _drain(queue: deque[T]) -> list[T]:
    return [queue.popleft() for _ in range(len(queue))]
