"""How the rate of a load changes over its run: constant, a ramp, a swing, a spike, steps, a trace."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from telic.errors import UsageError
from telic.worlds.load.traces import read_trace

SWING_PERIOD = 60.0  # of a swing that names none [s]
FORMS = (
    "constant | ramp:FROM..TO | swing:SHARE[@PERIOD] | spike:FACTOR@START+SECONDS | steps:FACTOR@START,... | "
    "pulse:FACTOR@PERIOD+SECONDS | trace:FILE[@SPEED], such as swing:0.3, spike:2.5@10+5, steps:0.5@20,1@30 or "
    "pulse:20@2+0.1"
)


@dataclass(frozen=True)
class Shape:
    """A factor on the rate over time.

    Attributes
    ----------
    factor
        Time since the start [s] to the factor [1].
    peak
        The largest factor [1].
    sizes
        Draws what a request asks a model to read and to make [tokens], where the shape knows.
    """

    text: str
    factor: Callable[[float], float]
    peak: float
    sizes: Callable[[random.Random], tuple[int, int]] | None = None


def read_shape(text: str, seconds: float) -> Shape:
    """Read a shape; a ramp stretches over the run of `seconds` [s].

    Examples
    --------
    >>> [read_shape("ramp:1..3", 10.0).factor(at) for at in (0.0, 5.0, 10.0)]
    [1.0, 2.0, 3.0]
    """
    name, _, rest = text.partition(":")
    try:
        if name == "constant" and not rest:
            return Shape(text, lambda at: 1.0, 1.0)
        if name in _READERS:
            shape = _READERS[name](text, rest, seconds)
            if math.isfinite(shape.peak) and shape.peak > 0:
                return shape
    except (ValueError, AttributeError, ZeroDivisionError):
        pass  # the same complaint as for an unknown name
    raise UsageError(f"no shape {text!r}", hint=f"write {FORMS}")


def _ramp(text: str, rest: str, seconds: float) -> Shape:
    first, last = (_factor(each) for each in rest.split(".."))
    span = max(seconds, 1e-9)
    return Shape(text, lambda at: first + (last - first) * min(at / span, 1.0), max(first, last))


def _swing(text: str, rest: str, seconds: float) -> Shape:
    share_text, _, period_text = rest.partition("@")
    share, period = _factor(share_text), _factor(period_text or str(SWING_PERIOD))
    if share > 1.0:
        raise ValueError(share_text)
    turn = 2 * math.pi / period
    return Shape(text, lambda at: 1.0 + share * math.sin(turn * at), 1.0 + share)


def _spike(text: str, rest: str, seconds: float) -> Shape:
    parts = re.fullmatch(r"([^@]+)@([^+]+)\+(.+)", rest)
    if parts is None:
        raise ValueError(rest)
    factor, start, length = (_factor(each) for each in parts.groups())
    return Shape(text, lambda at: factor if start <= at < start + length else 1.0, max(factor, 1.0))


def _pulse(text: str, rest: str, seconds: float) -> Shape:
    """Send in so many seconds of each period, and nothing between: users whose clocks go together."""
    parts = re.fullmatch(r"([^@]+)@([^+]+)\+(.+)", rest)
    if parts is None:
        raise ValueError(rest)
    factor, period, length = (_factor(each) for each in parts.groups())
    if not 0 < length <= period:
        raise ValueError(rest)
    return Shape(text, lambda at: factor if at % period < length else 0.0, factor)


def _steps(text: str, rest: str, seconds: float) -> Shape:
    pairs = [each.split("@") for each in rest.split(",")]
    steps = [(_factor(start), _factor(factor)) for factor, start in pairs]
    if steps != sorted(steps, key=lambda each: each[0]):
        raise ValueError(rest)

    def factor_at(at: float) -> float:
        return next((factor for start, factor in reversed(steps) if at >= start), 1.0)

    return Shape(text, factor_at, max(1.0, *(factor for _, factor in steps)))


def _trace(text: str, rest: str, seconds: float) -> Shape:
    path, _, speed = rest.partition("@")
    trace = read_trace(path, speed=_factor(speed or "1"))
    return Shape(text, trace.factor, trace.peak, trace.sizes)


def _factor(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError(text)
    return value


_READERS: dict[str, Callable[[str, str, float], Shape]] = {
    "ramp": _ramp,
    "swing": _swing,
    "spike": _spike,
    "pulse": _pulse,
    "steps": _steps,
    "trace": _trace,
}
