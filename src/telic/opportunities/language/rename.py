"""Questions with other names: of events, attributes and values, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from telic.opportunities.language.algebra import Attribute, Missing, Node, OneOf, Text
from telic.opportunities.language.tree import Aggregate, Kpi, Selector, Stated

N = TypeVar("N", bound=Node)
_NAMED: dict[type[Node], str] = {
    Selector: "names",
    Attribute: "name",
    Missing: "attribute",
    Aggregate: "attribute",
    Text: "text",
    OneOf: "texts",
    Kpi: "name",
    Stated: "name",
}
"""Which field holds what somebody has named."""


def renamed(node: N, change: Callable[[str], str]) -> N:
    """Return a question with every name changed.

    Examples
    --------
    >>> from telic.opportunities.language import parse_value, write
    >>> write(renamed(parse_value("session has 'a'[b = 'c']"), str.upper))
    "session has 'A'[B = 'C']"
    """
    changed: dict[str, Any] = {}
    for field in node.__dataclass_fields__:
        if field != "extent":
            value = getattr(node, field)
            changed[field] = _names(value, change) if field == _NAMED.get(type(node)) else _inside(value, change)
    return replace(node, **changed)


def _names(value: str | tuple[str, ...], change: Callable[[str], str]) -> str | tuple[str, ...]:
    return tuple(map(change, value)) if isinstance(value, tuple) else change(value)


def _inside(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, tuple):
        return tuple(_inside(each, change) for each in value)
    return renamed(value, change) if isinstance(value, Node) else value
