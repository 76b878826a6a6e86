"""One computation of a plan, equal by value, with its hash remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

Param: TypeAlias = "str | int | float | bool | tuple[Param, ...] | None"


@dataclass(frozen=True, eq=False)
class Node:
    """One computation. Two nodes that ask the same question are equal.

    Parameters
    ----------
    op
        What is done: ``scan``, ``reduce``, ``bins``.
    inputs
        What it is done to.
    params
        How, by name, in a fixed order.
    """

    op: str
    inputs: tuple[Node, ...] = ()
    params: tuple[tuple[str, Param], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.op, self.inputs, self.params)))

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined, no-any-return]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node) or hash(self) != hash(other):
            return False
        return self.op == other.op and self.params == other.params and self.inputs == other.inputs

    def param(self, name: str) -> Param:
        """Return the parameter called `name`."""
        for key, value in self.params:
            if key == name:
                return value
        raise KeyError(f"{self.op} has no parameter {name!r}")

    def text(self, name: str) -> str:
        """Return the parameter called `name` as text."""
        return str(self.param(name))

    def whole(self, name: str) -> int:
        """Return the parameter called `name` as a whole number."""
        return int(self.param(name))  # type: ignore[arg-type]

    def several(self, name: str) -> tuple[Param, ...]:
        """Return the parameter called `name`, which holds several."""
        value = self.param(name)
        return value if isinstance(value, tuple) else (value,)


def node(op: str, *inputs: Node, **params: Param) -> Node:
    """Return a node with its parameters in the order of their names.

    Examples
    --------
    >>> node("attribute", name="os") == node("attribute", name="os")
    True
    """
    return Node(op, inputs, tuple(sorted(params.items())))


def merge(roots: Iterable[Node]) -> list[Node]:
    """Return every distinct node once, inputs before users.

    Examples
    --------
    >>> scan = node("scan")
    >>> [each.op for each in merge([node("reduce", scan), node("where", node("scan"))])]
    ['scan', 'reduce', 'where']
    """
    ordered: dict[Node, None] = {}

    def visit(each: Node) -> None:
        if each not in ordered:
            for below in each.inputs:
                visit(below)
            ordered[each] = None

    for root in roots:
        visit(root)
    return list(ordered)


def rewrite(roots: Iterable[Node], change: Callable[[Node], Node]) -> tuple[Node, ...]:
    """Return `roots` with `change` applied to every distinct node, inputs first."""
    made: dict[Node, Node] = {}
    asked = tuple(roots)
    for each in merge(asked):
        inputs = tuple(made[below] for below in each.inputs)
        same = all(new is old for new, old in zip(inputs, each.inputs, strict=True))
        made[each] = change(each if same else Node(each.op, inputs, each.params))
    return tuple(made[root] for root in asked)
