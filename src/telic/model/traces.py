"""Requests of one kind, healthy against now: where their time goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """What some entity does."""

    entity: str
    name: str

    @property
    def label(self) -> str:
        """Entity and name; the entity is not said twice.

        Examples
        --------
        >>> Operation("cart", "cart.handle").label, Operation("cart", "GET /").label
        ('cart.handle', 'cart GET /')
        """
        return self.name if self.name.startswith(self.entity) else f"{self.entity} {self.name}"


@dataclass(frozen=True)
class Stage(Operation):
    """An operation's part of the critical path: the time of a request in which all waited for just this."""

    before: float  # mean over the healthy requests [s]
    now: float  # mean over the requests of the window [s]


@dataclass(frozen=True)
class Flame(Operation):
    """One bar of a flame graph: an operation below the operations that called it."""

    depth: int  # 0 is the request
    start: float  # where it begins, siblings side by side [s]
    before: float  # mean time within it in a healthy request [s]
    now: float  # the same in the window [s]


@dataclass(frozen=True)
class Comparison(Operation):
    """Requests that enter at one operation.

    Parameters
    ----------
    entity, name
        Where they enter.
    before, now
        How long they take on average, healthy and in the window [s].
    healthy, requests
        How many of them were looked at [1].
    stages
        Of the critical path, the one that has grown most first.
    flame
        Bars, callers before callees.
    """

    before: float
    now: float
    healthy: int
    requests: int
    stages: tuple[Stage, ...] = ()
    flame: tuple[Flame, ...] = ()
