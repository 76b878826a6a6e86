"""What telemetry shows that it did not show before, each with the troubles, names and numbers that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Literal

import msgspec

from telic.context.changes import trouble, words
from telic.context.changes.candidates import stem
from telic.context.changes.frames import Frame, frames
from telic.context.changes.quantities import read as read_quantities
from telic.model import Window

LONGEST = 500  # characters of a message whose numbers are read [1]
_GIVEN = re.compile(r"([A-Za-z_][\w.]*)\s*[=:]\s*([\d.]+\s?\w{0,3})")
OWN = frozenset({"pool", "memory", "cpu", "race", "lock", "leak", "disk", "crash", "missing", "cache"})
"""Kinds of trouble that a process has itself, even where it names another."""

Source = Literal["log", "metric", "span", "event", "alert", "document"]


@dataclass(frozen=True)
class Sign:
    """One thing that is different since the trouble began.

    Parameters
    ----------
    source, entity
        Where it was seen.
    text
        Log template, metric name, status text, ...
    onset
        When it began [s since the Unix epoch].
    weight
        How much it counts [1].
    troubles
        Kinds of trouble that it speaks of.
    numbers
        Names to numbers in attributes or text: ``{"deadline_ms": 0.3}``.
    up
        Of a metric: its direction.
    vanished
        It was there before and is no longer.
    about
        Another entity that it complains about: hearsay.
    ratio, before, after
        Of a metric: how many times what it was, and its levels.
    query
        What to run to see it again.
    """

    source: Source
    entity: str
    text: str
    onset: float
    weight: float
    troubles: frozenset[str] = frozenset()
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    up: bool = True
    vanished: bool = False
    about: str = ""
    ratio: float = 1.0
    before: float = 0.0
    after: float = 0.0
    count: int = 1
    sample: str = ""  # one whole message with its attributes
    query: str = ""

    @cached_property
    def names(self) -> frozenset[str]:
        """Telling names of several words in the message."""
        return words.telling(self.sample or self.text)[0]

    @cached_property
    def singles(self) -> frozenset[str]:
        """Telling single words of the message."""
        return words.telling(self.text)[1]

    @cached_property
    def quotes(self) -> frozenset[str]:
        """What the message quotes."""
        return words.quoted(self.sample or self.text)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Stack frames of the message."""
        return frames(self.sample)

    @property
    def says(self) -> str:
        """For people."""
        if self.source == "metric":
            return f"{self.entity} {self.text} {self.before:.3g} -> {self.after:.3g}"
        gone = "no longer: " if self.vanished else ""
        return f"{self.entity}: {gone}{self.text[:140]}" + (f" ({self.count} times)" if self.count > 1 else "")


def speak(text: str, known: tuple[str, ...], entity: str) -> tuple[frozenset[str], str]:
    """Return the troubles of a message, and the other entity that it complains about."""
    low = text.lower()
    troubles = trouble.in_text(text)
    about = next((each for each in known if each != entity and mentions(low, each)), "")
    return troubles, "" if troubles & OWN else about


def mentions(text: str, entity: str) -> bool:
    """Return whether a message, in small letters, names an entity."""
    return bool(_mention(entity.lower()).search(text))


@lru_cache(maxsize=4096)
def _mention(name: str) -> re.Pattern[str]:
    short = rf"|{re.escape(stem(name))}[ -]?(?:service|svc|api)" if len(stem(name)) > 4 else ""
    return re.compile(rf"(?<![\w-])(?:{re.escape(name)}{short})(?![\w-])")


def numbers(text: str, attributes: Mapping[str, object]) -> dict[str, tuple[float, ...]]:
    """Return the numbers of a message in base units, by the name that stands beside them."""
    found: dict[str, list[float]] = {}
    text = text[:LONGEST]
    for name, value in attributes.items():
        if isinstance(value, bool):
            continue
        said = str(value)
        if isinstance(value, int | float) or re.fullmatch(r"[\d.]+\s?\w{0,3}", said):
            found.setdefault(str(name), []).extend(each.value for each in read_quantities(f"{name}: {said}")[0][-1:])
    for match in _GIVEN.finditer(text):
        found.setdefault(match.group(1), []).extend(each.value for each in read_quantities(match.group())[0][-1:])
    for each in read_quantities(text)[0]:
        found.setdefault("", []).append(each.value)
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items() if values}


def decoded(text: str) -> Mapping[str, object]:
    """Return attributes from their JSON text; nothing where it is none."""
    try:
        value = msgspec.json.decode(text) if text else {}
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def quoted(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def inside(window: Window, column: str = "time") -> str:
    """Return the SQL condition that a row lies in a window."""
    return f"{column} >= {moment(window.start)} AND {column} < {moment(window.end)}"


def moment(time: float) -> str:
    """Return a time [s since the Unix epoch] as an SQL literal."""
    return f"TIMESTAMP '{datetime.fromtimestamp(time, UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
