"""Numbers in code and configuration, with the unit that they stand in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Dimension = Literal["time", "size", "cores", "share", "count"]

_SECONDS = {
    "ns": 1e-9, "nanosecond": 1e-9, "nano": 1e-9, "us": 1e-6, "µs": 1e-6, "microsecond": 1e-6, "micro": 1e-6,
    "ms": 1e-3, "millisecond": 1e-3, "milli": 1e-3, "msec": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0,
    "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0,
}  # fmt: skip
_BYTES = {
    "b": 1.0, "k": 1e3, "kb": 1e3, "ki": 2.0**10, "kib": 2.0**10, "mb": 1e6, "mi": 2.0**20, "mib": 2.0**20,
    "g": 1e9, "gb": 1e9, "gi": 2.0**30, "gib": 2.0**30, "ti": 2.0**40, "tb": 1e12,
}  # fmt: skip
_NUMBER = r"(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_PRODUCT = rf"{_NUMBER}(?:\s*\*\s*(\d[\d_]*(?:\.\d+)?))?(?:\s*\*\s*(\d[\d_]*(?:\.\d+)?))?"


@dataclass(frozen=True)
class Quantity:
    """A number in a base unit: seconds, bytes, cores, a share of 1, or a count."""

    value: float
    dimension: Dimension
    text: str  # as it is written

    def __str__(self) -> str:
        return self.text


_NAMED_TIMES = {
    "ms": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "seconds": 1.0, "secs": 1.0, "sec": 1.0, "minutes": 60.0,
    "hours": 3600.0,
}  # fmt: skip
_NAMED_SIZES = {"bytes": 1.0, "kb": 1e3, "mb": 1e6, "mib": 2.0**20, "gb": 1e9}

_STEM = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNIT = re.compile(rf"[a-z]_({'|'.join([*_NAMED_TIMES, *_NAMED_SIZES])})\b")


def _product(match: re.Match[str], first: int = 1) -> float:
    value = 1.0
    for each in match.groups()[first - 1 : first + 2]:
        value *= float(each.replace("_", "")) if each else 1.0
    return value


def _unit(name: str) -> float:
    return _SECONDS[re.sub(r"s$", "", name.lower()) if len(name) > 2 else name.lower()]


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Quantity]], ...] = (
    (  # Go: 5 * time.Second, time.Minute, time.Duration(30) * time.Second
        re.compile(rf"(?:{_PRODUCT}\)?\s*\*\s*)?\btime\.(Nanosecond|Microsecond|Millisecond|Second|Minute|Hour)s?\b"),
        lambda m: Quantity(_product(m) * _unit(m.group(4)), "time", m.group()),
    ),
    (  # Java, C#, Rust, C++: Duration.ofSeconds(5), TimeSpan.FromMinutes(5), Duration::from_millis(300)
        re.compile(
            rf"\b(?:of|from_?|std::chrono::|Duration\.)?"
            rf"((?:nano|micro|milli)s?|(?:nano|micro|milli)?sec(?:ond)?s?|min(?:ute)?s?|hours?|days?)"
            rf"(?:_f64|_f32)?\(\s*{_NUMBER}[lLfFdD]?\s*\)",
            re.IGNORECASE,
        ),
        lambda m: Quantity(float(m.group(2).replace("_", "")) * _unit(m.group(1)), "time", m.group()),
    ),
    (  # Python: timedelta(minutes=5), seconds=30
        re.compile(rf"\b(milliseconds|microseconds|seconds|minutes|hours|days)\s*=\s*{_PRODUCT}", re.IGNORECASE),
        lambda m: Quantity(_product(m, 2) * _unit(m.group(1)), "time", m.group()),
    ),
    (  # Java: 5, TimeUnit.SECONDS
        re.compile(
            rf"{_NUMBER}[lL]?\s*,\s*(?:TimeUnit\.)(NANOSECONDS|MICROSECONDS|MILLISECONDS|SECONDS|MINUTES|HOURS|DAYS)"
        ),
        lambda m: Quantity(float(m.group(1).replace("_", "")) * _unit(m.group(2)), "time", m.group()),
    ),
    (  # Ruby and Scala: 5.seconds
        re.compile(r"(?<![\w.])(\d+)\.(milliseconds?|millis|seconds?|minutes?|hours?|days?)\b"),
        lambda m: Quantity(float(m.group(1)) * _unit(m.group(2)), "time", m.group()),
    ),
    (  # 512Mi, 10MB
        re.compile(rf"(?<![\w.]){_NUMBER}\s?(KiB|MiB|GiB|TiB|KB|kB|MB|GB|TB|Ki|Mi|Gi|Ti)\b"),
        lambda m: Quantity(float(m.group(1).replace("_", "")) * _BYTES[m.group(2).lower()], "size", m.group()),
    ),
    (  # 300ms, 1.5s, 5m, 2h
        re.compile(rf"(?<![\w.]){_NUMBER}\s?(ns|us|µs|ms|msec|s|sec|secs|m|min|mins|h|hr|d)\b"),
        lambda m: Quantity(float(m.group(1).replace("_", "")) * _unit(m.group(2)), "time", m.group()),
    ),
    (
        re.compile(rf"(?<![\w.]){_NUMBER}\s?%"),
        lambda m: Quantity(float(m.group(1).replace("_", "")) / 100, "share", m.group()),
    ),
    (
        re.compile(rf"(?<![\w.]){_PRODUCT}(?:[lLuUfF]\b)?(?![\w.]|\s*\()"),
        lambda m: Quantity(_product(m), "count", m.group()),
    ),
)


def read(line: str) -> tuple[list[Quantity], str]:
    """Return the quantities of a line in order, and the line with ``#`` in their place.

    Examples
    --------
    >>> found, rest = read("ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)")
    >>> found[0].value, found[0].dimension, rest
    (0.3, 'time', 'ctx, cancel := context.WithTimeout(ctx, #)')
    """
    taken: list[tuple[int, int, Quantity]] = []
    for pattern, make in _READERS:
        for match in pattern.finditer(line):
            start, end = match.span()
            if all(end <= a or start >= b for a, b, _ in taken):
                taken.append((start, end, make(match)))
    taken.sort(key=lambda each: each[0])
    rest, at = [], 0
    for start, end, _ in taken:
        rest += [line[at:start], "#"]
        at = end
    return [_named(each, line) for _, _, each in taken], "".join([*rest, line[at:]])


def _named(found: Quantity, line: str) -> Quantity:
    """Give a bare number the unit that the name beside it says: timeout_ms, memoryMb, cpu: 250m."""
    name = line.lower()
    if "cpu" in name and found.dimension in ("time", "count") and re.fullmatch(r"[\d.]+m?", found.text):
        value = float(found.text.rstrip("m")) / (1000 if found.text.endswith("m") else 1)
        return Quantity(value, "cores", found.text)
    if found.dimension != "count":
        return found
    unit = _UNIT.search(_STEM.sub("_", line).lower())
    if unit is None:
        return found
    name = unit.group(1)
    if name in _NAMED_TIMES:
        return Quantity(found.value * _NAMED_TIMES[name], "time", found.text)
    return Quantity(found.value * _NAMED_SIZES[name], "size", found.text)
