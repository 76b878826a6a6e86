"""What a template has to know of all events where it sees a part of them only: counts that add up.

A template chooses what to ask by counts: which names are frequent, where a time is cut, which values are there. Over
all events these counts are its own. Over one of several parts (a partition of Spark) it says its own and is told those
of all; until then it waits, and what it would ask next is asked in the next round.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from telic.opportunities.model import Floats, Ints, Prepared


class Waiting(BaseException):
    """A part has said its counts and is not told those of all yet."""


class Whole(Protocol):
    """Counts of all events, given those of a part; every part calls the same methods in the same order."""

    def groups(self, prepared: Prepared) -> int:
        """Return how many groups there are."""
        ...

    def least(self, least: int) -> int:
        """Return how many groups of this part a hypothesis needs to be looked at."""
        ...

    def added(self, *counts: Ints) -> tuple[Ints, ...]:
        """Return counts of all parts, added up."""
        ...

    def earliest(self, values: Ints) -> Ints:
        """Return the smallest of all parts, place by place."""
        ...

    def united(self, keys: npt.NDArray[Any], counts: Ints, *more: Ints) -> tuple[Ints, ...]:
        """Return the keys that some part has, shape (N,) or (N, k), their counts, and more counts added up."""
        ...

    def gathered(self, values: Floats) -> Floats:
        """Return the values of all parts, in any order."""
        ...

    def enter(self) -> None:
        """Begin something that may wait by itself."""
        ...

    def leave(self) -> None:
        """End it."""
        ...


class Alone:
    """All events are here."""

    def groups(self, prepared: Prepared) -> int:
        """Return how many groups there are."""
        return prepared.size

    def least(self, least: int) -> int:
        """Return the least support as it is."""
        return max(1, least)

    def added(self, *counts: Ints) -> tuple[Ints, ...]:
        """Return the counts as they are."""
        return counts

    def earliest(self, values: Ints) -> Ints:
        """Return the values as they are."""
        return values

    def united(self, keys: npt.NDArray[Any], counts: Ints, *more: Ints) -> tuple[Ints, ...]:
        """Return keys and counts as they are."""
        return (keys, counts, *more)

    def gathered(self, values: Floats) -> Floats:
        """Return the values as they are."""
        return values

    def enter(self) -> None:
        """Do nothing."""

    def leave(self) -> None:
        """Do nothing."""


ALONE = Alone()
