"""Values that users give: what fits a field's type, drawn from a seeded source."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from telic.model.intent import FieldType

YEAR = 365  # stays are spread over a year [days]
NIGHTS = (1, 1, 2, 2, 3)  # how long stays are [days]
AMOUNTS = (1, 1, 1, 2)  # how much of a stock a user takes [1]
_WORDS = ("amber", "birch", "calm", "dawn", "fine", "garden", "harbour", "island", "lake", "mild", "quiet", "sunny")


def day_of(moment: float) -> date:
    """Return the day of a moment [s since the Unix epoch]: stays are counted from it.

    Examples
    --------
    >>> day_of(1_800_000_000.0)
    datetime.date(2027, 1, 15)
    """
    return datetime.fromtimestamp(moment, UTC).date()


def days(draws: random.Random, first: date) -> dict[str, str]:
    """Draw a stay within a year after `first`.

    Examples
    --------
    >>> stay = days(random.Random(1), date(2026, 1, 1))
    >>> "2026-01-02" <= stay["start"] < stay["end"] <= "2027-01-05"
    True
    """
    start, calendar = 1 + int(draws.random() * YEAR), _calendar(first)
    return {"start": calendar[start], "end": calendar[start + draws.choice(NIGHTS)]}


def words(draws: random.Random, count: int, most: float | None = None) -> str:
    """Draw `count` words, at most `most` characters [1]."""
    text = " ".join(draws.choices(_WORDS, k=count))
    return text if most is None else text[: max(int(most), 1)].strip() or "a"


def plain(kind: FieldType, draws: random.Random, first: date) -> object:
    """Draw a value of any type that stands for itself: not a reference, an email, a secret or a state."""
    if kind.base == "int":
        return _whole(kind, draws)
    if kind.base in ("float", "money", "duration"):
        low, high = _bounds(kind, 1.0, 1000.0)
        drawn = draws.uniform(low, high)
        return round(drawn) * 100 if kind.base == "money" else round(drawn, 3)  # money goes in minor units
    if kind.base == "enum":
        return draws.choice(kind.options)
    if kind.base == "bool":
        return draws.random() < 0.5
    if kind.base == "geo":
        return {"lat": round(draws.uniform(-60, 60), 5), "lon": round(draws.uniform(-180, 180), 5)}
    if kind.base == "daterange":
        return days(draws, first)
    if kind.base == "date":
        return days(draws, first)["start"]
    return words(draws, draws.randint(2, 8), kind.maximum)


def email(run: str, number: int) -> str:
    """Return an address that nobody else has: `run` is unique to a run of the generator."""
    return f"user-{run}-{number}@example.org"


def secret(draws: random.Random) -> str:
    """Draw a password."""
    return f"{draws.choice(_WORDS)}-{draws.getrandbits(48):012x}"


def amount(kind: FieldType, draws: random.Random) -> int:
    """Draw how much of a stock is taken: mostly one."""
    low, high = _bounds(kind, 1.0, 10.0)
    return max(int(low), min(int(high), draws.choice(AMOUNTS)))


@lru_cache(maxsize=4)
def _calendar(first: date) -> tuple[str, ...]:
    """Return `first` and the days after it, as messages carry them, as far as stays reach."""
    return tuple((first + timedelta(days=each)).isoformat() for each in range(YEAR + max(NIGHTS) + 1))


def _whole(kind: FieldType, draws: random.Random) -> int:
    low, high = _bounds(kind, 0.0, 1000.0)
    first = int(low) + (1 if kind.exclusive and kind.minimum is not None and low == int(low) else 0)
    return draws.randint(first, max(first, int(high)))


def _bounds(kind: FieldType, low: float, high: float) -> tuple[float, float]:
    least = low if kind.minimum is None else kind.minimum
    most = max(least, high) if kind.maximum is None else kind.maximum
    return least, most
