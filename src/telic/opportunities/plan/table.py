"""What the events are called where SQL reads them."""

from __future__ import annotations

from dataclasses import dataclass

from telic.errors import UsageError

UNITS = {"timestamp": 0, "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""How a time is stored: as a timestamp, or as a whole number of so many nanoseconds since the epoch."""


@dataclass(frozen=True)
class Table:
    """A table of events and the names of its columns.

    Parameters
    ----------
    relation
        The relation as SQL writes it: ``events``, ``read_parquet('events.parquet')``.
    user
        "" where no user is known: then each group is its own.
    unit
        A key of `UNITS`.
    every_user
        Whether each group has a user; else one without is a user of its own.
    numbered
        Whether ids of groups are stored as whole numbers, none negative: then they are compared faster.
    where
        SQL that holds for the events that count, or "": what reading them has left out.
    mixed
        Attributes of groups that have several values in a few groups: they count as missing there.
    """

    relation: str = "events"
    group: str = "group"
    user: str = "user"
    time: str = "time"
    name: str = "event"
    unit: str = "timestamp"
    where: str = ""
    every_user: bool = False
    numbered: bool = False
    mixed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise UsageError(f"no unit of time {self.unit!r}", hint=f"one of {', '.join(UNITS)}")
