"""Durations, rates, shares, amounts and key distributions: read from text, written back the same."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from telic.errors import InvalidIntent
from telic.model.intent import Keys

_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
_NUMBER = r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?"


def duration(text: str) -> float:
    """Read a duration [s].

    Examples
    --------
    >>> duration("100ms"), duration("15m"), duration("28d")
    (0.1, 900.0, 2419200.0)
    """
    found = re.fullmatch(rf"({_NUMBER})\s?(ms|s|m|h|d)", text)
    if not found:
        raise InvalidIntent(f"{text!r} is not a duration", hint="a number and ms, s, m, h or d, such as 100ms or 28d")
    return float(Decimal(found[1]) * _SECONDS[found[2]])


def period(text: str) -> float:
    """Read a duration above 0 [s]."""
    if (seconds := duration(text)) <= 0:
        raise InvalidIntent(f"{text!r} is no time at all", hint="longer than 0s")
    return seconds


def write_duration(seconds: float) -> str:
    """Write a duration [s] in the largest unit that keeps it whole.

    Examples
    --------
    >>> write_duration(0.1), write_duration(900), write_duration(0)
    ('100ms', '15m', '0s')
    """
    exact = Decimal(repr(float(seconds)))
    for unit in ("d", "h", "m", "s"):
        if exact and exact % _SECONDS[unit] == 0:
            return f"{_digits(exact / _SECONDS[unit])}{unit}"
    return f"{_digits(exact / _SECONDS['ms'])}ms" if exact else "0s"


def rate(text: str) -> float:
    """Read a rate [1/s]; only ``/s`` is known.

    Examples
    --------
    >>> rate("150/s")
    150.0
    """
    found = re.fullmatch(rf"({_NUMBER})\s?/\s?s", text)
    if not found or float(found[1]) <= 0:
        raise InvalidIntent(f"{text!r} is not a rate above 0", hint="a number and /s, such as 150/s")
    return float(found[1])


def share(text: str) -> float:
    """Read a share [1], written as a number from 0 to 1 or in percent.

    Examples
    --------
    >>> share("99.9%"), share("0.95")
    (0.999, 0.95)
    """
    found = re.fullmatch(rf"({_NUMBER})\s?(%?)", text)
    value = Decimal(found[1]) / (100 if found[2] else 1) if found else Decimal(-1)
    if not 0 <= value <= 1:
        raise InvalidIntent(f"{text!r} is not a share", hint="a number from 0 to 1 or a percentage, such as 99.9%")
    return float(value)


def money(text: str) -> float:
    """Read an amount of money: at most two decimal places.

    Examples
    --------
    >>> money("12.50")
    12.5
    """
    if not re.fullmatch(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?", text):
        raise InvalidIntent(f"{text!r} is not an amount of money", hint="at most two decimals, such as 12.50")
    return float(text)


def number(text: str) -> float:
    """Read a plain finite number."""
    if not re.fullmatch(rf"-?{_NUMBER}", text) or not math.isfinite(float(text)):
        raise InvalidIntent(f"{text!r} is not a number", hint="such as 2.5")
    return float(text)


def count(text: str) -> int:
    """Read a whole number above 0."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise InvalidIntent(f"{text!r} is not a whole number above 0", hint="such as 4")
    return int(text)


def boolean(text: str) -> bool:
    """Read ``true`` or ``false``."""
    if text not in ("true", "false"):
        raise InvalidIntent(f"{text!r} is neither true nor false", hint="write true or false")
    return text == "true"


def keys(text: str) -> Keys:
    """Read a distribution of keys.

    Examples
    --------
    >>> keys("zipf(1.1, 2000)")
    Keys(exponent=1.1, count=2000)
    """
    found = re.fullmatch(rf"zipf\(\s*({_NUMBER})\s*,\s*([1-9][0-9]{{0,6}})\s*\)", text)
    if not found:
        raise InvalidIntent(
            f"{text!r} is not a distribution of keys", hint="zipf(exponent, count), such as zipf(1.1, 2000)"
        )
    return Keys(float(found[1]), int(found[2]))


def _digits(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
