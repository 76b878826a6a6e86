"""What waits in the code of a release: it holds the whole simulated process, as it holds a real one."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol


class Inmate(Protocol):
    """The simulated process around the code."""

    def block(self, seconds: float) -> None:
        """Do nothing else for `seconds` [s]; never returns where that is for ever."""
        ...


def of_threading(inmate: Inmate) -> dict[str, Any]:
    """Return locks and events whose waiting takes virtual time.

    A simulated process has one thread, so nobody sets or lets go meanwhile what it waits for: it waits until its limit,
    or for ever.
    """

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return self.is_set() or _waited(inmate, timeout)

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            return _waited(inmate, timeout)

    class Semaphore(threading.Semaphore):
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            return super().acquire(blocking=False) or (blocking and _waited(inmate, timeout))

        __enter__ = acquire

    class BoundedSemaphore(threading.BoundedSemaphore):
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            return super().acquire(blocking=False) or (blocking and _waited(inmate, timeout))

        __enter__ = acquire

    return {
        "Event": Event,
        "Condition": Condition,
        "Semaphore": Semaphore,
        "BoundedSemaphore": BoundedSemaphore,
        "Lock": lambda: _Lock(inmate, threading.Lock()),
        "RLock": lambda: _Lock(inmate, threading.RLock()),
    }


def of_queue(inmate: Inmate) -> dict[str, Any]:
    """Return queues whose waiting takes virtual time."""
    return {
        name: type(name, (_Waiting, getattr(queue, name)), {"inmate": inmate})
        for name in ("Queue", "LifoQueue", "PriorityQueue")
    }


class _Waiting(queue.Queue[Any]):
    inmate: Inmate

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        try:
            return super().get(block=False)
        except queue.Empty:
            if block:
                _waited(self.inmate, timeout)
            raise

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        try:
            super().put(item, block=False)
        except queue.Full:
            if block:
                _waited(self.inmate, timeout)
            raise


class _Lock:
    """A lock that nobody else can let go while its process waits for it."""

    def __init__(self, inmate: Inmate, lock: Any) -> None:
        self._inmate, self._lock = inmate, lock
        self.release: Callable[[], None] = lock.release
        self.locked: Callable[[], bool] = getattr(lock, "locked", lambda: False)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, or wait in vain."""
        return self._lock.acquire(blocking=False) or (blocking and _waited(self._inmate, timeout))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self.release()


def _waited(inmate: Inmate, timeout: float | None) -> bool:
    """Wait in vain for so long [s]: None and negative are for ever."""
    inmate.block(math.inf if timeout is None or timeout < 0 else timeout)
    return False
