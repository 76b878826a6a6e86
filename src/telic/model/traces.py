"""Requests of one kind, healthy against now: where their time goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """An operation's part of the critical path: the time of a request in which all waited for just this."""

    entity: str
    name: str
    before: float  # mean over the healthy requests [s]
    now: float  # mean over the requests of the window [s]


@dataclass(frozen=True)
class Flame:
    """One bar of a flame graph: an operation below the operations that called it."""

    entity: str
    name: str
    depth: int  # 0 is the request
    start: float  # where it begins, siblings side by side [s]
    before: float  # mean time within it in a healthy request [s]
    now: float  # the same in the window [s]


@dataclass(frozen=True)
class Comparison:
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

    entity: str
    name: str
    before: float
    now: float
    healthy: int
    requests: int
    stages: tuple[Stage, ...] = ()
    flame: tuple[Flame, ...] = ()
