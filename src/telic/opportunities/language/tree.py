"""What a KPI or a hypothesis says of a group's events: patterns in them, measures over them, and the two themselves.

Together with `algebra` a tree of frozen values that are equal when they mean the same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telic.opportunities.language.algebra import Node, Value

Link = Literal[">", ".."]
Aggregation = Literal["sum", "mean", "min", "max", "first", "last"]


@dataclass(frozen=True)
class Selector(Node):
    """Events by name, all names where `names` is empty, of which `where` holds."""

    names: tuple[str, ...] = ()
    where: Value | None = None


@dataclass(frozen=True)
class Sequence(Node):
    """Events in order: ``>`` directly after, ``..`` later; all of it within `within` [ns] where given."""

    steps: tuple[Selector, ...]
    links: tuple[Link, ...] = ()
    within: int | None = None


@dataclass(frozen=True)
class Near(Node):
    """An event after (or before) an anchor, within `within` [ns] where given; undefined for groups without anchor."""

    what: Selector
    side: Literal["after", "before"]
    anchor: Selector
    within: int | None = None


@dataclass(frozen=True)
class Until(Node):
    """Two or more events in a row, ended by another: ``A until B``."""

    what: Selector
    end: Selector


@dataclass(frozen=True)
class ThenNo(Node):
    """An event that another does not follow (within `within` [ns] where given)."""

    what: Selector
    lacks: Selector
    within: int | None = None


@dataclass(frozen=True)
class Repeated(Node):
    """An event so many times in a row, or more."""

    what: Selector
    times: int


@dataclass(frozen=True)
class Retried(Node):
    """An event so many times or more since the last success, then the success."""

    what: Selector
    times: int
    success: Selector


Pattern = Sequence | Near | Until | ThenNo | Repeated | Retried


@dataclass(frozen=True)
class Has(Value):
    """Whether a group has a pattern; events of `ignoring` are left out first."""

    noun: str
    pattern: Pattern
    ignoring: Selector | None = None


@dataclass(frozen=True)
class Edge(Value):
    """Whether a group's first or last event is one of `what`."""

    noun: str
    side: Literal["starts", "ends"]
    what: Selector


@dataclass(frozen=True)
class Count(Value):
    """How many events."""

    of: Selector


@dataclass(frozen=True)
class Rate(Value):
    """How many events per event of `per`, or per so many ns of the group's duration (`time`)."""

    of: Selector
    per: Selector | None = None
    time: int | None = None


@dataclass(frozen=True)
class Span(Value):
    """Time from the first to the last event of a group."""

    noun: str


@dataclass(frozen=True)
class Between(Value):
    """Time from the first event of `start` to the first of `end` after it; undefined without both."""

    start: Selector
    end: Selector


@dataclass(frozen=True)
class Dwell(Value):
    """Time spent in a state: from each such event to the next event of the group, in all."""

    of: Selector


@dataclass(frozen=True)
class Aggregate(Value):
    """A numeric attribute over events; without any number a sum is 0 and all else undefined."""

    how: Aggregation
    attribute: str
    over: Selector | None = None


@dataclass(frozen=True)
class Kpi(Node):
    """A question about every group.

    Parameters
    ----------
    among
        Groups that are asked about; others are undefined.
    harm
        +1 where more is worse, -1 where more is better, 0 where it was not said.
    """

    name: str
    value: Value
    among: Value | None = None
    harm: int = 0


@dataclass(frozen=True)
class Stated(Node):
    """A hypothesis in words of the language: the groups for which `value` is true."""

    name: str
    value: Value
