"""What a constant is, by the words around it, and which trouble it makes when it falls or rises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from telic.context.changes import vocabulary


@dataclass(frozen=True, eq=False)
class Subject:
    """One kind of constant.

    Parameters
    ----------
    name
        For people: ``"time limit"``.
    words
        How names say it: a pattern over the words of the line, joined by underscores.
    down, up
        Kinds of trouble to how readily a smaller, a larger value makes them [1].
    """

    name: str
    words: re.Pattern[str]
    down: Mapping[str, float] = field(default_factory=dict)
    up: Mapping[str, float] = field(default_factory=dict)

    def mechanism(self, *, down: bool) -> str:
        """Return what to call it when it is the cause."""
        return "number changed" if self is OTHER else f"{self.name} too {'small' if down else 'large'}"


SUBJECTS: tuple[Subject, ...] = tuple(
    Subject(each["name"], vocabulary.any_of(each["words"]), each["down"], each["up"])
    for each in vocabulary.table("subjects")["subject"]
)
"""All subjects; the first that fits counts."""

OTHER = Subject("number", re.compile(""), {"value": 0.4, "errors": 0.1}, {"value": 0.4, "errors": 0.1})
"""A constant whose name says nothing."""


def subject_of(said: str) -> Subject:
    """Return what a constant is.

    Parameters
    ----------
    said
        The words of its line, and of the keys above it, joined by underscores.

    Examples
    --------
    >>> subject_of("const_default_max_conns").name, subject_of("cfg_max_conn_idle_time").name
    ('connection or thread pool', 'idle time')
    """
    return next((each for each in SUBJECTS if each.words.search(said)), OTHER)
