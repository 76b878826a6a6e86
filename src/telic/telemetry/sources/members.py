"""Members of a JSON answer by their path, as values of a column."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from telic.telemetry.sources.times import UNITS, guess_ns

NUMBERS = {"value": float, "sum": float, "http_status": int, "severity_number": int, "count": int, "calls": int}


def at(value: object, path: str) -> object:
    """Return the member of `value` at a dotted path; a name with dots in it is found too; None where there is none.

    Examples
    --------
    >>> at({"a": [{"b.c": 1}]}, "a.0.b.c"), at({"a": 1}, ""), at({"a": 1}, "b.c")
    (1, {'a': 1}, None)
    """
    if not path:
        return value
    if isinstance(value, dict):
        if path in value:
            return value[path]
        for name, inner in _heads(path):
            if name in value and (found := at(value[name], inner)) is not None:
                return found
        return None
    name, _, inner = path.partition(".")
    if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
        return at(value[int(name)], inner)
    return None


def _heads(path: str) -> Iterator[tuple[str, str]]:
    parts = path.split(".")
    for count in range(1, len(parts)):
        yield ".".join(parts[:count]), ".".join(parts[count:])


def converted(column: str, value: object, unit: str) -> object:
    """Return a member of an answer as a value of `column`.

    Raises
    ------
    ValueError
        It is no time, or no number.
    """
    if column in ("duration_ns",) or (unit and column.endswith("_ns")):
        number = float(str(value))
        if not math.isfinite(number):
            raise ValueError(column)
        return round(number * UNITS.get(unit or "ns", 1))
    if column.endswith("_ns"):
        return guess_ns(value)
    if column in NUMBERS:
        number = float(str(value))
        if NUMBERS[column] is int:
            if not math.isfinite(number):
                raise ValueError(column)
            return int(number)
        return number
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
