"""What must not happen in virtual time: real sleep, sockets, processes, threads, standing still for ever."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import SupportsIndex

from telic.worlds.simulated.watches import (
    LOCK,
    PATIENCE,
    WATCHED,
    SimulationEscaped,
    Spinning,
    Trapped,
    Watch,
    escaped,
    is_own,
    listen,
    look,
)

__all__ = ["PATIENCE", "SimulationEscaped", "Spinning", "allowed", "guarded", "stop"]

LOOK_EVERY = 0.5  # between two looks at whether virtual time moves [s]
TRAPPED = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "socket.__new__",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendto",
        "subprocess.Popen",
    }
)
_ACTIVE = threading.Event()
_real_sleep, _real_start = time.sleep, threading.Thread.start


@contextlib.contextmanager
def guarded(loop: Trapped, *, progress: bool = True) -> Iterator[None]:
    """Trap what this thread does inside the block.

    Parameters
    ----------
    progress
        Whether virtual time has to move on while it works.
    """
    _install()
    thread = threading.get_ident()
    main = thread == threading.main_thread().ident
    if main:
        listen()
    with LOCK:
        before = WATCHED.get(thread)
        WATCHED[thread] = Watch(loop, progress=progress)
        _ACTIVE.set()
    if main and before is None:
        signal.setitimer(signal.ITIMER_VIRTUAL, loop.patience / 2, loop.patience / 2)
    try:
        yield
    finally:
        if main and before is None:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        with LOCK:
            if before is None:
                del WATCHED[thread]
            else:
                WATCHED[thread] = before
            if not WATCHED:
                _ACTIVE.clear()


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Let the world's own code do inside the block what is trapped otherwise."""
    watch = WATCHED.get(threading.get_ident())
    if watch is None:
        yield
        return
    watch.allowed += 1
    try:
        yield
    finally:
        watch.allowed -= 1


def stop(what: str) -> None:
    """Fail the loop that this thread runs, for what the caller's caller does."""
    watch = WATCHED.get(threading.get_ident())
    if watch is not None and not watch.allowed:
        error = escaped(what, sys._getframe(2))
        watch.loop.fail(error)
        raise error


def _trap(event: str, args: tuple[object, ...]) -> None:
    if event in TRAPPED:
        stop(f"does {event}")


def _sleep(seconds: float | SupportsIndex, /) -> None:
    """Suspend the calling thread, unless it runs in virtual time."""
    stop("sleeps")
    _real_sleep(seconds)


def _start(thread: threading.Thread) -> None:
    """Start a thread, unless code that is not Telic's does in virtual time."""
    if not is_own(sys._getframe(1)):
        stop("starts a thread")
    _real_start(thread)


def _install() -> None:
    with LOCK:
        if time.sleep is _sleep:
            return
        time.sleep = _sleep  # before Python 3.13 no audit event tells of it
        threading.Thread.start = _start  # type: ignore[method-assign,assignment]  # nor of this
        sys.addaudithook(_trap)
        threading.Thread(target=_look_out, name="telic-virtual-time", daemon=True).start()


def _look_out() -> None:
    while True:
        _ACTIVE.wait()
        _real_sleep(LOOK_EVERY)
        look()
