"""What a KPI or a hypothesis is made of: a tree of frozen values that are equal when they mean the same text.

A value is about one group (a session, a user, a case). `extent` says where it was written and is no part of equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from telic.opportunities.language.place import Extent

Link = Literal[">", ".."]
Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
Aggregation = Literal["sum", "mean", "min", "max", "first", "last"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """Anything that is written somewhere."""

    extent: Extent = field(default=(0, 0), compare=False, repr=False)


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
class Value(Node):
    """Anything that has a value for a group."""

    def __and__(self, other: Value) -> Value:
        return And((*_flat(And, self), *_flat(And, other)))

    def __or__(self, other: Value) -> Value:
        return Or((*_flat(Or, self), *_flat(Or, other)))

    def __invert__(self) -> Value:
        return Not(self)

    def __lt__(self, other: Value | float | str) -> Value:
        return Compare("<", self, literal(other))

    def __le__(self, other: Value | float | str) -> Value:
        return Compare("<=", self, literal(other))

    def __gt__(self, other: Value | float | str) -> Value:
        return Compare(">", self, literal(other))

    def __ge__(self, other: Value | float | str) -> Value:
        return Compare(">=", self, literal(other))

    def __truediv__(self, other: Value | float) -> Value:
        return Arithmetic("/", self, literal(other))


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
class Not(Value):
    """The opposite; undefined stays undefined."""

    of: Value


@dataclass(frozen=True)
class And(Value):
    """All of them: no where one says no, undefined where one is and none says no."""

    of: tuple[Value, ...]


@dataclass(frozen=True)
class Or(Value):
    """One of them: yes where one says yes, undefined where one is and none says yes."""

    of: tuple[Value, ...]


@dataclass(frozen=True)
class Compare(Value):
    """A comparison; undefined where a side is."""

    op: Comparison
    left: Value
    right: Value


@dataclass(frozen=True)
class OneOf(Value):
    """Whether a text is one of some."""

    of: Value
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Missing(Value):
    """Whether an attribute is missing; never undefined."""

    attribute: str


@dataclass(frozen=True)
class Arithmetic(Value):
    """A sum, difference, product or quotient; undefined where a side is, or the divisor 0."""

    op: Literal["+", "-", "*", "/"]
    left: Value
    right: Value


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
class Attribute(Value):
    """An attribute; of the group, or of the event within ``[...]``."""

    name: str


@dataclass(frozen=True)
class Number(Value):
    """A number."""

    value: float


@dataclass(frozen=True)
class Duration(Value):
    """A stretch of time [ns]."""

    ns: int


@dataclass(frozen=True)
class Text(Value):
    """A text, as attributes have them."""

    text: str


@dataclass(frozen=True)
class Truth(Value):
    """``true`` or ``false``."""

    yes: bool


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


def literal(value: Value | float | str) -> Value:
    """Return a plain value of Python as a value of the language; a text is a text."""
    if isinstance(value, Value):
        return value
    if isinstance(value, bool):
        return Truth(value)
    return Text(value) if isinstance(value, str) else Number(float(value))


def _flat(kind: type[And] | type[Or], value: Value) -> tuple[Value, ...]:
    return value.of if isinstance(value, kind) else (value,)


def parts(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly inside a node."""
    found: list[Node] = []
    for name in node.__dataclass_fields__:
        inside = getattr(node, name)
        if isinstance(inside, Node):
            found.append(inside)
        elif isinstance(inside, tuple):
            found.extend(each for each in inside if isinstance(each, Node))
    return tuple(found)
