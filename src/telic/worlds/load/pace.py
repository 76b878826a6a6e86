"""A timer exact to some 0.1 ms without spinning: event loops count whole milliseconds, the kernel does not."""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Callable
from typing import Protocol

_CLOCK_MONOTONIC, _TFD_TIMER_ABSTIME = 1, 1  # timerfd_create(2)
_libc = ctypes.CDLL(None, use_errno=True)


class Timer(Protocol):
    """Calls back once at each time that it is set to; a new time replaces the one before."""

    def at(self, when: float) -> None:
        """Call back at `when` [s of the monotonic clock]."""
        ...

    def close(self) -> None:
        """Never call back again."""
        ...


class _Spec(ctypes.Structure):
    """``struct itimerspec``."""

    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class KernelTimer:
    """Linux's timerfd, watched by the event loop like a socket."""

    def __init__(self, due: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = due
        self._descriptor = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = _Spec(0, 0, 0, 0)
        self._loop.add_reader(self._descriptor, self._fired)

    def at(self, when: float) -> None:
        """Call back at `when` [s of the monotonic clock]; at once when it has passed."""
        spec = self._spec
        spec.value_s, spec.value_ns = int(when), max(int(when % 1.0 * 1e9), 1)
        _libc.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, ctypes.byref(spec), None)

    def close(self) -> None:
        """Never call back again."""
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _fired(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:
            return  # set anew between the wake-up and the read
        self._due()


class LoopTimer:
    """The event loop's own timer, up to 1 ms late with uvloop; where there is no timerfd."""

    def __init__(self, due: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = due
        self._handle: asyncio.TimerHandle | None = None

    def at(self, when: float) -> None:
        """Call back at `when` [s of the monotonic clock]; at once when it has passed."""
        self.close()
        self._handle = self._loop.call_later(max(0.0, when - time.monotonic()), self._due)

    def close(self) -> None:
        """Never call back again."""
        if self._handle is not None:
            self._handle.cancel()


def make_timer(due: Callable[[], None]) -> Timer:
    """Return the most exact timer that this machine has."""
    return KernelTimer(due) if hasattr(_libc, "timerfd_create") else LoopTimer(due)
