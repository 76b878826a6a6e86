"""What a link may do to the messages that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from telic.errors import UsageError

WAYS = ("both", "there", "back")


class WeatherGiven(TypedDict, total=False):
    """The fields of `Weather` by name; what is not given is fair."""

    delay: float
    jitter: float
    drop: bool
    fail: float
    loss: float
    silent: float
    corrupt: float
    rate: float
    way: str
    every: float
    share: float


@dataclass(frozen=True)
class Weather:
    """The weather of one link; fair by default.

    Attributes
    ----------
    delay
        Of each message [s].
    jitter
        Each message is late by up to so much more or less [s]; order is kept.
    drop
        Nothing gets through; it is delivered when it does again.
    fail
        Share of requests whose answer breaks off: the caller sees a reset connection [1].
    loss
        Share of messages that are lost and sent again, as TCP does, after 0.2, 0.4, 0.8 ... s [1].
    silent
        Share of requests at which the connection falls silent without being closed [1].
    corrupt
        Share of answers whose last byte is another one [1].
    rate
        Bytes that pass each way [1/s]; 0: any number.
    way
        Which way delay, jitter, drop, loss and rate concern: ``both``, ``there`` (requests) or ``back`` (answers).
    every, share
        All this for a `share` [1] of every `every` [s] alone; 0: all the time.
    """

    delay: float = 0.0
    jitter: float = 0.0
    drop: bool = False
    fail: float = 0.0
    loss: float = 0.0
    silent: float = 0.0
    corrupt: float = 0.0
    rate: float = 0.0
    way: str = "both"
    every: float = 0.0
    share: float = 1.0

    def __post_init__(self) -> None:
        for name in ("fail", "loss", "silent", "corrupt", "share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"weather: {name} is {getattr(self, name)}", hint="a share, from 0 to 1")
        if min(self.delay, self.jitter, self.rate, self.every) < 0:
            raise UsageError("weather: a negative time or rate", hint="delay, jitter, rate and every start at 0")
        if self.way not in WAYS:
            raise UsageError(f"weather: no way {self.way!r}", hint=f"one of {', '.join(WAYS)}")

    @property
    def fair(self) -> bool:
        """Whether messages pass as if there were none."""
        hurts = (self.delay, self.jitter, self.drop, self.fail, self.loss, self.silent, self.corrupt, self.rate)
        return not any(hurts) or (self.every > 0 and self.share == 0)
