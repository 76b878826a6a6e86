"""What the code of a release gets in the place of modules that act on a whole process or on the machine's time."""

from __future__ import annotations

import builtins
import datetime
import hashlib
import logging
import os
import queue
import random
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol

from telic.worlds.simulated import chance, dates, held
from telic.worlds.simulated.handles import Later
from telic.worlds.simulated.loop import VirtualLoop

PER_ROUND = 0.0000004  # of PBKDF2-HMAC-SHA256; measured [s]
PER_LINE = 0.00004  # of a line that is logged: made, kept and printed; measured 0.00003-0.00005 [s]
LINES = 50  # that are paid for together [1]
COUNTED = 65_536  # smaller buffers cost a simulated process no memory [bytes]


class Inmate(Protocol):
    """The simulated process around the code."""

    def leave(self, code: int) -> None:
        """End at once with an exit code, as ``os._exit`` does."""
        ...

    def hold(self, size: int) -> None:
        """Hold so much memory more, or less [bytes]."""
        ...

    def block(self, seconds: float) -> None:
        """Do nothing else for `seconds` [s]."""
        ...

    def compute(self, seconds: float) -> None:
        """Do nothing but compute for `seconds` [s]."""
        ...

    def say(self, text: str) -> None:
        """Print."""
        ...

    @property
    def log(self) -> logging.Logger:
        """The service's log."""
        ...


class Left(Exception):
    """Ends the work that called ``os._exit``; its process has ended already."""


class Confined:
    """Builtins for the modules of one release: what they import acts on one simulated process.

    Parameters
    ----------
    now
        The virtual wall clock [s since the Unix epoch].
    own
        Where its chance comes from.
    """

    def __init__(self, loop: VirtualLoop, now: Callable[[], float], inmate: Inmate, own: random.Random) -> None:
        self._loop, self._inmate = loop, inmate
        output = _Output(inmate.say)
        self._modules: Mapping[str, ModuleType] = {
            "datetime": _facade(datetime, **dates.of_datetime(now)),
            "logging": _facade(logging, getLogger=lambda name="": Lines(inmate)),
            "hashlib": _facade(hashlib, pbkdf2_hmac=self._derived),
            "os": _facade(os, _exit=self._exit, **chance.of_os(own)),
            "random": _facade(random, **chance.of_random(own)),
            "secrets": _facade(secrets, **chance.of_secrets(own)),
            "uuid": _facade(uuid, **chance.of_uuid(own)),
            "sys": _facade(sys, stdout=output, stderr=output),
            "queue": _facade(queue, **held.of_queue(inmate)),
            "threading": _facade(threading, Timer=self._timer, **held.of_threading(inmate)),
            "time": _facade(time, **dates.of_time(now, loop.time), sleep=lambda seconds: inmate.block(seconds)),
        }
        self.builtins: dict[str, Any] = {
            **vars(builtins),
            "__import__": self._import,
            "bytearray": lambda *given: _buffer(inmate.hold, *given),
        }

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        found = builtins.__import__(name, globals, locals, fromlist, level)
        if level > 0 or (name == "datetime" and _has_messages(globals)):
            return found
        return self._modules.get(name, found)

    def _exit(self, code: int) -> None:
        self._inmate.leave(code)
        raise Left(f"exit {code}")

    def _derived(
        self, hash_name: str, password: bytes, salt: bytes, iterations: int, dklen: int | None = None
    ) -> bytes:
        """Take the time of all rounds and compute one: the digest is another than a real process's."""
        self._inmate.compute(iterations * PER_ROUND)
        return hashlib.pbkdf2_hmac(hash_name, password, salt, 1, dklen)

    def _timer(self, interval: float, function: Callable[..., object], *arguments: Any, **named: Any) -> VirtualTimer:
        return VirtualTimer(self._loop, interval, function, *arguments, **named)


class Lines(logging.LoggerAdapter[logging.Logger]):
    """The service's log, for code that takes time with the lines that it writes."""

    def __init__(self, inmate: Inmate) -> None:
        super().__init__(inmate.log, None)
        self._inmate, self._unpaid = inmate, 0

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line, and pay for `LINES` at once."""
        if not self.isEnabledFor(level):
            return
        super().log(level, msg, *args, **kwargs)
        self._unpaid += 1
        if self._unpaid >= LINES:
            self._inmate.compute(self._unpaid * PER_LINE)
            self._unpaid = 0


class Buffer(bytearray):
    """A buffer of `COUNTED` bytes or more: its process holds them until nobody refers to it; here it is empty."""

    def __init__(self, hold: Callable[[int], None], size: int) -> None:
        super().__init__()
        self._hold, self._size = hold, 0
        hold(size)
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __del__(self) -> None:
        if self._size:
            self._hold(-self._size)


def _buffer(hold: Callable[[int], None], *given: Any) -> bytearray:
    large = len(given) == 1 and type(given[0]) is int and given[0] >= COUNTED
    return Buffer(hold, given[0]) if large else bytearray(*given)


class VirtualTimer:
    """Takes the place of ``threading.Timer``: calls a function later, in virtual time."""

    def __init__(
        self,
        loop: VirtualLoop,
        interval: float,
        function: Callable[..., object],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> None:
        self._loop, self._interval = loop, interval
        self._call: Callable[[], object] = lambda: function(*args, **(kwargs or {}))
        self._handle: Later | None = None
        self.daemon = False

    def start(self) -> None:
        """Begin to wait."""
        self._handle = self._loop.call_later(self._interval, self._fire)

    def cancel(self) -> None:
        """Do not call."""
        if self._handle is not None:
            self._handle.cancel()

    def _fire(self) -> None:
        try:
            self._call()
        except Left:
            return


class _Output:
    """A standard stream."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def write(self, text: str) -> int:
        self._say(text)
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def _has_messages(importer: Mapping[str, object] | None) -> bool:
    """Return whether the module that imports speaks of msgspec, to whose fields an ordinary date is another type."""
    given = importer or {}
    source = getattr(given.get("__loader__"), "get_source", lambda name: "")(str(given.get("__name__", "")))
    return "msgspec" in (source or "")


def _facade(module: ModuleType, **instead: object) -> ModuleType:
    """Return a module that looks like `module`, some names aside."""
    made = ModuleType(module.__name__, module.__doc__)
    made.__dict__.update({**vars(module), **instead})
    return made
