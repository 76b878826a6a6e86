"""Values made of values: logic, comparison, arithmetic, attributes and literals; none of them looks at an event.

A value is about one group (a session, a user, a case), or about one event where it stands within ``[...]``. Equal
values mean the same text; `extent` says where a value was written and is no part of equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from telic.opportunities.language.place import Extent

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, kw_only=True)
class Node:
    """Anything that is written somewhere."""

    extent: Extent = field(default=(0, 0), compare=False, repr=False)


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
