"""What must not happen in virtual time: real sleep, sockets, processes, threads, standing still for ever."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol, SupportsIndex

from telic.errors import WorldError

PATIENCE = 10.0  # CPU time that a loop's thread may spend, or wait without any, at one moment of virtual time [s]
IDLE = 0.02  # share of a processor below which a thread does nothing but wait [1]
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
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_PACKAGES = os.sep + "site-packages" + os.sep
_OWN = str(Path(__file__).parents[2]) + os.sep


class SimulationEscaped(WorldError):
    """Code that runs in virtual time reached for the machine's time, network or processes."""


class Spinning(BaseException):
    """Thrown into a thread that does not let virtual time move on; no handler is to catch it."""


class Trapped(Protocol):
    """A loop whose thread is watched."""

    patience: float

    def time(self) -> float:
        """Return virtual time [s]."""
        ...

    def fail(self, error: BaseException) -> None:
        """Stop and raise `error`."""
        ...


class _Watch:
    """One thread that runs a loop, or works for one."""

    def __init__(self, loop: Trapped, *, progress: bool) -> None:
        self.loop, self.progress = loop, progress
        self.allowed = 0
        self.woken = False  # whether it is to stop waiting
        self.seen = loop.time()  # virtual time [s]
        self.since = time.thread_time()  # the thread's CPU time when virtual time moved last [s]
        self.stirred = time.monotonic(), self.since  # when the thread was seen to use CPU time last, and how much [s]


_WATCHED: dict[int, _Watch] = {}
_WAKE = signal.SIGURG  # ignored by default, also where the machine's shell lets background work ignore SIGINT
_LOCK = threading.Lock()
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
    if thread == threading.main_thread().ident and signal.getsignal(_WAKE) is not _woken:
        signal.signal(_WAKE, _woken)
    with _LOCK:
        before = _WATCHED.get(thread)
        _WATCHED[thread] = _Watch(loop, progress=progress)
        _ACTIVE.set()
    try:
        yield
    finally:
        with _LOCK:
            if before is None:
                del _WATCHED[thread]
            else:
                _WATCHED[thread] = before
            if not _WATCHED:
                _ACTIVE.clear()


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Let the world's own code do inside the block what is trapped otherwise."""
    watch = _WATCHED.get(threading.get_ident())
    if watch is None:
        yield
        return
    watch.allowed += 1
    try:
        yield
    finally:
        watch.allowed -= 1


def _escaped(what: str, frame: FrameType | None) -> SimulationEscaped:
    return SimulationEscaped(
        f"{_place(frame)} {what} in virtual time",
        hint="use the runtime's clock, client and background; the local world runs anything",
    )


def _trap(event: str, args: tuple[object, ...]) -> None:
    if event in TRAPPED:
        _stop(f"does {event}")


def _sleep(seconds: float | SupportsIndex, /) -> None:
    """Suspend the calling thread, unless it runs in virtual time."""
    _stop("sleeps")
    _real_sleep(seconds)


def _start(thread: threading.Thread) -> None:
    """Start a thread, unless code that is not Telic's does in virtual time."""
    if not _place(sys._getframe(1)).startswith(_OWN):
        _stop("starts a thread")
    _real_start(thread)


def _stop(what: str) -> None:
    watch = _WATCHED.get(threading.get_ident())
    if watch is not None and not watch.allowed:
        error = _escaped(what, sys._getframe(2))
        watch.loop.fail(error)
        raise error


def _place(frame: FrameType | None) -> str:
    """Return file and line of the innermost code that is no library's."""
    found = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_LIBRARY, "<frozen")) and _PACKAGES not in name:
            found = frame
            break
        frame = frame.f_back
    return "unknown code" if found is None else f"{found.f_code.co_filename}:{found.f_lineno}"


def _install() -> None:
    with _LOCK:
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
        _look()


def _look() -> None:
    """Look at every loop; a function of its own, so that nobody refers to a loop that has ended."""
    with _LOCK:
        for thread, watch in _WATCHED.items():
            if watch.progress:
                _look_at(thread, watch)


def _look_at(thread: int, watch: _Watch) -> None:
    spent, wall = time.clock_gettime(time.pthread_getcpuclockid(thread)), time.monotonic()
    now, patience = watch.loop.time(), watch.loop.patience
    if now != watch.seen or spent - watch.stirred[1] > IDLE * (wall - watch.stirred[0]):
        watch.stirred = wall, spent
    if now != watch.seen:
        watch.seen, watch.since = now, spent
    elif spent - watch.since > patience:
        watch.since = spent
        _throw(thread, watch, f"has worked for {patience:g} s of CPU time while no time passed")
    elif wall - watch.stirred[0] > patience and not _place(sys._current_frames().get(thread)).startswith(_OWN):
        watch.stirred = wall, spent
        _throw(thread, watch, f"has waited for {patience:g} s while no time passed")


def _throw(thread: int, watch: _Watch, what: str) -> None:
    """End what a thread does; one that waits in the machine's own code, and is the main thread, is interrupted."""
    watch.loop.fail(_escaped(what, sys._current_frames().get(thread)))
    if thread == threading.main_thread().ident and "waited" in what:
        watch.woken = True
        signal.pthread_kill(thread, _WAKE)
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Spinning))


def _woken(number: int, frame: FrameType | None) -> None:
    """End a wait of the main thread in the machine's own code, which no exception reaches by itself."""
    watch = _WATCHED.get(threading.get_ident())
    if watch is not None and watch.woken:
        watch.woken = False
        raise Spinning
