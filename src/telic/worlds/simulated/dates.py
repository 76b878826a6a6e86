"""The time that the code of a release reads: clocks and calendars that follow virtual time."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

Clock = Callable[[], float]


def of_time(now: Clock, passed: Clock) -> dict[str, Callable[..., object]]:
    """Return the clocks of ``time``, in seconds, in nanoseconds and in words, by what they are called there."""
    clocks = {"time": now, "monotonic": passed, "perf_counter": passed}
    in_ns = {f"{name}_ns": lambda clock=clock: round(clock() * 1e9) for name, clock in clocks.items()}
    return {**clocks, **in_ns, **_in_words(now)}


def _in_words(now: Clock) -> dict[str, Callable[..., object]]:
    def at(seconds: float | None) -> float:
        return now() if seconds is None else seconds

    return {
        "gmtime": lambda secs=None: time.gmtime(at(secs)),
        "localtime": lambda secs=None: time.localtime(at(secs)),
        "ctime": lambda secs=None: time.ctime(at(secs)),
        "asctime": lambda moment=None: time.asctime(moment or time.localtime(now())),
        "strftime": lambda form, moment=None: time.strftime(form, moment or time.localtime(now())),
    }


def of_datetime(now: Clock) -> dict[str, Any]:
    """Return ``datetime`` and ``date``, whose values are ordinary ones; only now and today are virtual.

    They are no types that msgspec knows, so modules with messages keep the ordinary ones.
    """

    class Ordinary(type):
        def __call__(cls, *given: Any, **named: Any) -> Any:
            return cls.__mro__[1](*given, **named)

        def __instancecheck__(cls, found: object) -> bool:
            return isinstance(found, cls.__mro__[1])

    class VirtualDatetime(datetime.datetime, metaclass=Ordinary):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime.fromtimestamp(now(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return datetime.datetime.fromtimestamp(now(), datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    class VirtualDate(datetime.date, metaclass=Ordinary):
        @classmethod
        def today(cls) -> Any:
            return datetime.date.fromtimestamp(now())

    return {"datetime": VirtualDatetime, "date": VirtualDate}
