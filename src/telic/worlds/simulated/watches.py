"""Who runs in virtual time, whether it moves on, and how whoever holds it up is stopped and named."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from telic.errors import WorldError

PATIENCE = 10.0  # CPU time that a loop's thread may spend, or wait without any, at one moment of virtual time [s]
IDLE = 0.02  # share of a processor below which a thread does nothing but wait [1]
THROWS = 3  # that code may catch at one moment of virtual time, before its whole process ends [1]
TICK = signal.SIGVTALRM  # of the processor's time: ends also work in the machine's own code that lets nobody look
WAKE = signal.SIGURG  # ignored by default, also where the machine's shell lets background work ignore SIGINT
LATE = 1.5  # times the patience, after which whoever can look has thrown already [1]
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


class Watch:
    """One thread that runs a loop, or works for one."""

    def __init__(self, loop: Trapped, *, progress: bool) -> None:
        self.loop, self.progress = loop, progress
        self.allowed, self.thrown = 0, 0
        self.woken = False  # whether it is to stop waiting
        self.seen = loop.time()  # virtual time [s]
        self.since = time.thread_time()  # the thread's CPU time when virtual time moved last [s]
        self.stirred = time.monotonic(), self.since  # when the thread was seen to use CPU time last, and how much [s]

    def moved(self, spent: float) -> bool:
        """Return whether virtual time has moved since the last look; `spent` is the thread's CPU time [s]."""
        if self.loop.time() == self.seen:
            return False
        self.seen, self.since, self.thrown = self.loop.time(), spent, 0
        return True


WATCHED: dict[int, Watch] = {}
LOCK = threading.Lock()


def place(frame: FrameType | None) -> str:
    """Return file and line of the innermost code that is no library's, and not what stops it."""
    found = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_LIBRARY, "<frozen")) and _PACKAGES not in name and name != __file__:
            found = frame
            break
        frame = frame.f_back
    return "unknown code" if found is None else f"{found.f_code.co_filename}:{found.f_lineno}"


def is_own(frame: FrameType | None) -> bool:
    """Return whether the innermost code that is no library's is Telic's."""
    return place(frame).startswith(_OWN)


def escaped(what: str, frame: FrameType | None) -> SimulationEscaped:
    """Return the error that names the place of `frame` and what was done there."""
    return SimulationEscaped(
        f"{place(frame)} {what} in virtual time",
        hint="use the runtime's clock, client and background; the local world runs anything",
    )


def listen() -> None:
    """Let signals end what the main thread does."""
    for each, handler in ((WAKE, _woken), (TICK, _ticked)):
        if signal.getsignal(each) is not handler:
            signal.signal(each, handler)


def look() -> None:
    """Look at every loop; a function of its own, so that nobody refers to a loop that has ended."""
    with LOCK:
        for thread, watch in WATCHED.items():
            if watch.progress:
                _look_at(thread, watch)


def _look_at(thread: int, watch: Watch) -> None:
    spent, wall = time.clock_gettime(time.pthread_getcpuclockid(thread)), time.monotonic()
    patience, moved = watch.loop.patience, watch.moved(spent)
    if moved or spent - watch.stirred[1] > IDLE * (wall - watch.stirred[0]):
        watch.stirred = wall, spent
    if moved:
        return
    if spent - watch.since > patience:
        watch.since = spent
        _throw(thread, watch, _worked(watch), waits=False)
    elif wall - watch.stirred[0] > patience and not is_own(sys._current_frames().get(thread)):
        watch.stirred = wall, spent
        _throw(thread, watch, f"has waited for {patience:g} s while no time passed", waits=True)


def _throw(thread: int, watch: Watch, what: str, *, waits: bool) -> None:
    """End what a thread does; one that waits in the machine's own code, and is the main thread, is interrupted."""
    _tell(watch, what, sys._current_frames().get(thread))
    if waits and thread == threading.main_thread().ident:
        watch.woken = True
        signal.pthread_kill(thread, WAKE)
    else:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Spinning))


def _tell(watch: Watch, what: str, frame: FrameType | None) -> None:
    error = escaped(what, frame)
    watch.loop.fail(error)
    watch.thrown += 1
    if watch.thrown > THROWS:
        _give_up(error)


def _give_up(error: SimulationEscaped) -> NoReturn:
    """End the process: code catches whatever would end it alone."""
    sys.stderr.write(f"SimulationEscaped: {error}; it catches all that would end it, so its process ends\n")
    sys.stderr.write(f"  → catch Exception there, nothing wider; {error.hint}\n")
    sys.stderr.flush()
    os._exit(SimulationEscaped.exit_code)


def _worked(watch: Watch) -> str:
    return f"has worked for {watch.loop.patience:g} s of CPU time while no time passed"


def _woken(number: int, frame: FrameType | None) -> None:
    """End a wait of the main thread in the machine's own code, which no exception reaches by itself."""
    watch = WATCHED.get(threading.get_ident())
    if watch is not None and watch.woken:
        watch.woken = False
        raise Spinning


def _ticked(number: int, frame: FrameType | None) -> None:
    """End work of the main thread that lets no other thread look, such as that of a regular expression."""
    watch, spent = WATCHED.get(threading.get_ident()), time.thread_time()
    if watch is None or not watch.progress or watch.moved(spent):
        return
    if spent - watch.since > LATE * watch.loop.patience:
        watch.since = spent
        _tell(watch, _worked(watch), frame)
        raise Spinning
