"""One direction of a relayed connection: bytes in order, later if the link is slow, held back if it is cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import Literal, Protocol

HELD_BYTES = 262_144  # queued in one direction before its source is paused [bytes]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST


class Weather(Protocol):
    """What one direction of a link does to messages now."""

    clear: bool  # they pass at once
    drop: bool

    def hold(self, size: int, now: float) -> float:
        """Return how late a message of `size` [bytes] is that sets out at `now` [s]."""
        ...


End = Literal["end", "reset"]


class Lane:
    """Carries what one side sends to the other side.

    Parameters
    ----------
    link
        The direction that it goes; its weather is read at every step.
    loop
        Gives the time and the timers.
    on_done
        Called when the end of the stream has been delivered.
    """

    __slots__ = ("_full", "_held", "_loop", "_on_done", "_paused", "_queue", "_timer", "done", "link", "sink", "source")

    def __init__(self, link: Weather, loop: asyncio.AbstractEventLoop, on_done: _OnDone) -> None:
        self.link, self._loop, self._on_done = link, loop, on_done
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.done = False
        self._queue: deque[tuple[float, bytes | End]] = deque()
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._full = self._paused = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the source."""
        if self.done:
            return
        if self.sink is not None and not self._queue and self.link.clear:
            self.sink.write(data)
            return
        self._held += len(data)
        self._push(data)

    def end(self, how: End) -> None:
        """Take the end of the stream from the source."""
        if not self.done:
            self._push(how)

    def lead(self, *, source: asyncio.Transport | None, sink: asyncio.Transport | None) -> None:
        """Lead from one connection to another from now on; what is queued goes to the new sink."""
        if sink is not self.sink:
            self._full = False
        if source is not self.source:
            self._paused = False
        self.source, self.sink = source, sink
        self.pump()
        self._flow()

    def sink_full(self, full: bool) -> None:
        """Hear from the sink's transport that its buffer is full, or has room again."""
        self._full = full
        self._flow()

    def pump(self) -> None:
        """Deliver whatever may be delivered now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.sink is None or self.link.drop:
            return
        now = self._loop.time()
        while self._queue and not self.done and (self.link.clear or self._queue[0][0] <= now):
            self._deliver(self._queue.popleft()[1])
        if self._queue and not self.done:
            self._timer = self._loop.call_at(self._queue[0][0], self.pump)
        self._flow()

    def close(self) -> None:
        """Drop everything."""
        self.done = True
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
        self.source = self.sink = None

    def _push(self, item: bytes | End) -> None:
        now = self._loop.time()
        size = len(item) if isinstance(item, bytes) else 0
        self._queue.append((now + (0.0 if self.link.clear else self.link.hold(size, now)), item))
        self.pump()
        self._flow()

    def _deliver(self, item: bytes | End) -> None:
        if self.sink is None:
            return
        if isinstance(item, bytes):
            self._held -= len(item)
            self.sink.write(item)
            return
        self.done = True
        if item == "reset":
            reset(self.sink)
        elif not self.sink.is_closing():
            self.sink.write_eof()
        self._on_done(item)

    def _flow(self) -> None:
        pause = self._full or self._held > HELD_BYTES
        if pause == self._paused or self.source is None or self.source.is_closing():
            return
        self._paused = pause
        if pause:
            self.source.pause_reading()
        else:
            self.source.resume_reading()


class _OnDone(Protocol):
    def __call__(self, how: End, /) -> None: ...


def reset(transport: asyncio.Transport) -> None:
    """Close a connection as a crashed peer would: with RST."""
    channel = transport.get_extra_info("socket")
    if channel is not None and not transport.is_closing():
        try:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:  # it has gone by itself
            return
    transport.abort()
