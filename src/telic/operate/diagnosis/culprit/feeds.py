"""What providers published about themselves: entries of status feeds that were recorded beside an incident."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from telic.errors import InvalidRecord
from telic.worlds.recorded.times import seconds

BAD = re.compile(
    r"outage|degrad|investigat|identified|elevated|disrupt|partial|major|critical|unavailab|increased (error|latenc)"
    r"|impair|delayed|failing|down\b|errors",
    re.IGNORECASE,
)
OVER = re.compile(r"\b(operational|resolved|completed|postmortem|closed|none|ok|healthy|available)\b", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_STATES = ("status", "state", "phase", "indicator", "impact", "severity")


@dataclass(frozen=True)
class Entry:
    """One entry of a feed.

    Parameters
    ----------
    text
        All its values.
    start, end
        First and last time that it names [s since the Unix epoch]; None: it names none.
    over
        It says that it is over, or that nothing is wrong.
    """

    text: str
    start: float | None = None
    end: float | None = None
    over: bool = False

    def during(self, onset: float, reported: float) -> bool:
        """Return whether it may have to do with trouble from `onset` to `reported` [s since the Unix epoch]."""
        if not BAD.search(self.text):
            return False
        if self.start is None or self.end is None:
            return not self.over
        return self.start <= reported + 600.0 and not (self.over and self.end < onset)


def entries(document: str) -> list[Entry]:
    """Read a feed: JSON of any shape, or lines of text. Never fails.

    Examples
    --------
    >>> entries('{"page": "Pay", "incidents": [{"status": "investigating", "name": "Elevated errors"}]}')[0].over
    False
    """
    try:
        found = json.loads(document)
    except ValueError:
        return [_entry(line, {}) for line in document.splitlines() if line.strip()]
    return list(_walk(found, ""))


def _walk(value: object, above: str) -> Iterator[Entry]:
    """Yield the smallest objects that say something, with the names of what is above them."""
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, above)
    elif isinstance(value, Mapping):
        own = " ".join(str(each) for each in value.values() if isinstance(each, str | int | float))
        nested = [each for each in value.values() if isinstance(each, Mapping | list) and each]
        if any(_holds_objects(each) for each in nested) and not BAD.search(own):
            for each in nested:
                yield from _walk(each, f"{above} {own}")
        elif own.strip():
            yield _entry(f"{above} {own} {json.dumps(nested) if nested else ''}", value)


def _holds_objects(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value))


def _entry(text: str, value: Mapping[str, object]) -> Entry:
    times = _times(text)
    states = " ".join(str(each) for key, each in value.items() if key.lower() in _STATES)
    over = bool(OVER.search(states or text)) and not BAD.search(states)
    return Entry(" ".join(text.split()), times[0] if times else None, times[-1] if times else None, over)


def _times(text: str) -> list[float]:
    """All times that a text names, the first first; what only looks like one is left out."""
    found = []
    for each in _TIME.findall(text):
        try:
            found.append(seconds(each, "feed"))
        except InvalidRecord:
            continue
    return sorted(found)
