"""What can be asked about: names of events and attributes, with near misses for hints."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from telic.opportunities.model import Prepared

_TRUE = frozenset({"true", "yes", "t", "y"})
_FALSE = frozenset({"false", "no", "f", "n"})
_MOST_COMPARED = 5_000  # names that are searched for near misses
_MOST_LISTED = 8
MOST_KINDS = 10_000
"""An attribute with more distinct values than this is not looked at for being a number."""


@dataclass(frozen=True)
class Schema:
    """Names and kinds of what is in the events.

    Parameters
    ----------
    of_groups, of_events
        Categorical attributes and their labels.
    numbers
        Numeric attributes of events.
    grouping
        What a group is called.
    """

    names: Sequence[str]
    of_groups: Mapping[str, Sequence[str]]
    of_events: Mapping[str, Sequence[str]]
    numbers: frozenset[str]
    grouping: str

    @classmethod
    def of(cls, prepared: Prepared) -> Schema:
        """Return the schema of prepared events."""
        return cls(
            prepared.names.labels,
            {name: column.labels for name, column in prepared.of_groups.items()},
            {name: column.labels for name, column in prepared.of_events.items()},
            frozenset(prepared.numbers),
            prepared.grouping,
        )

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """Code of each event name."""
        return {name: code for code, name in enumerate(self.names)}

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """All attributes."""
        return tuple(dict.fromkeys((*self.of_groups, *self.of_events, *sorted(self.numbers))))

    def kinds(self, attribute: str, *, of_event: bool = False) -> frozenset[str]:
        """Return what an attribute can be taken for: ``text``, ``number``, ``yes/no``; nothing where it is unknown."""
        labels = self.of_groups.get(attribute)
        if labels is None and of_event:
            labels = self.of_events.get(attribute)
        if labels is None:
            return frozenset({"number"}) if attribute in self.numbers else frozenset()
        found = {"text"}
        if len(labels) <= MOST_KINDS and labels:
            if all(as_number(label) is not None for label in labels):
                found.add("number")
            if all(as_truth(label) is not None for label in labels):
                found.add("yes/no")
        return frozenset(found)

    def is_a_group(self, noun: str) -> bool:
        """Whether `noun` is what a group is called, in the singular or plural."""
        return noun.lower() in {each + end for each in (self.grouping.lower(), "group") for end in ("", "s", "es")}


def as_number(label: str) -> float | None:
    """Read a label as a finite number, or return nothing."""
    try:
        value = float(label)
    except ValueError:
        return None
    return value if value - value == 0 else None


def as_truth(label: str) -> bool | None:
    """Read a label as yes or no, or return nothing.

    Examples
    --------
    >>> as_truth("TRUE"), as_truth("0"), as_truth("maybe")
    (True, False, None)
    """
    plain = label.strip().lower()
    if plain in _TRUE or plain in ("1", "1.0"):
        return True
    return False if plain in _FALSE or plain in ("0", "0.0") else None


def near(name: str, known: Sequence[str], shown: Callable[[str], str] = repr) -> str:
    """Say which known names look like `name`, as a hint; of many names only the first are looked at."""
    searched = list(known[:_MOST_COMPARED])
    folded = {each.lower(): each for each in reversed(searched)}
    close = difflib.get_close_matches(name.lower(), list(folded), n=2)
    if close:
        return f"did you mean {' or '.join(shown(folded[each]) for each in close)}?"
    if not searched:
        return "there are none"
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return f"known: {', '.join(map(shown, searched[:_MOST_LISTED]))}{more}"
