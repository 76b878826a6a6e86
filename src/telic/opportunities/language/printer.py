"""Tree to text, so that reading it gives the same tree."""

from __future__ import annotations

import re

from telic.opportunities.language.algebra import (
    And,
    Arithmetic,
    Attribute,
    Compare,
    Duration,
    Missing,
    Not,
    Number,
    OneOf,
    Or,
    Text,
    Truth,
    Value,
)
from telic.opportunities.language.tokens import NANOSECONDS, WORD
from telic.opportunities.language.tree import (
    Aggregate,
    Between,
    Count,
    Dwell,
    Edge,
    Has,
    Kpi,
    Near,
    Pattern,
    Rate,
    Repeated,
    Retried,
    Selector,
    Sequence,
    Span,
    Stated,
    ThenNo,
    Until,
)
from telic.opportunities.language.values import RESERVED

_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _TIGHT = range(7)
_DIRECTION = {1: " (more is worse)", -1: " (more is better)", 0: ""}


def write(node: Kpi | Stated | Value | Selector | Pattern) -> str:
    """Write a tree.

    Examples
    --------
    >>> from telic.opportunities.language.parser import parse_kpi
    >>> write(parse_kpi("late: sessions with 'paid' within 600 s of 'buy'  (harm)"))
    "late: sessions with 'paid' within 10m of 'buy' (more is worse)"
    """
    if isinstance(node, Kpi):
        among = f" among {_value(node.among, _OR)}" if node.among is not None else ""
        return f"{_prefix(node.name)}{_value(node.value, _OR)}{among}{_DIRECTION[node.harm]}"
    if isinstance(node, Stated):
        return f"{_prefix(node.name)}{value(node.value)}"
    if isinstance(node, Value):
        return value(node)
    return selector(node) if isinstance(node, Selector) else pattern(node)


def quoted(text: str) -> str:
    """Write a text or the name of an event."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Write the name of an attribute, between backticks where it is no plain word."""
    plain = re.fullmatch(WORD, name) and name not in RESERVED
    return name if plain else "`" + name.replace("`", "``") + "`"


def stretch(ns: int) -> str:
    """Write a time in the largest unit that keeps it whole."""
    for unit in ("w", "d", "h", "m", "s", "ms", "us"):
        if ns and ns % NANOSECONDS[unit] == 0:
            return f"{ns // NANOSECONDS[unit]}{unit}"
    return f"{ns}ns" if ns else "0s"


def number(value: float) -> str:
    """Write a number so that reading it gives the same."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 and str(value) != "-0.0" else repr(value)


def selector(node: Selector) -> str:
    """Write events."""
    where = f"[{_value(node.where, _OR)}]" if node.where is not None else ""
    return (" | ".join(map(quoted, node.names)) or "any event") + where


def pattern(node: Pattern) -> str:
    """Write what a group has."""
    match node:
        case Sequence():
            steps = [selector(node.steps[0])]
            for link, step in zip(node.links, node.steps[1:], strict=True):
                steps += [link, selector(step)]
            return " ".join(steps) + _within(node.within)
        case Near():
            side = "before" if node.side == "before" else "of" if node.within is not None else "after"
            return f"{selector(node.what)}{_within(node.within)} {side} {selector(node.anchor)}"
        case Until():
            return f"{selector(node.what)} until {selector(node.end)}"
        case ThenNo():
            return f"{selector(node.what)} then no {selector(node.lacks)}{_within(node.within)}"
        case Repeated():
            return f"{selector(node.what)} repeated {node.times} times"
        case Retried():
            return f"{selector(node.what)} retried {node.times} times before {selector(node.success)}"


def value(node: Value) -> str:
    """Write a value of a group."""
    return _value(node, _OR)


def said(node: Pattern) -> str:
    """Write what a group has for a sentence: names of events without quotes where that is clear."""
    return _unquoted(pattern(node))


def plain(node: Selector) -> str:
    """Write events for a sentence."""
    return _unquoted(selector(node))


def _unquoted(text: str) -> str:
    return re.sub(r"(?<!')'([\w.:/-]+(?: [\w.:/-]+)*)'(?!')", r"\1", text)


def _within(ns: int | None) -> str:
    return "" if ns is None else f" within {stretch(ns)}"


def _prefix(name: str) -> str:
    return f"{identifier(name)}: " if name else ""


def _value(node: Value, place: int) -> str:
    text, tightness = _plain(node)
    return f"({text})" if tightness < place else text


def _plain(node: Value) -> tuple[str, int]:
    match node:
        case Or():
            return " or ".join(_value(each, _AND) for each in node.of), _OR
        case And():
            return " and ".join(_value(each, _NOT) for each in node.of), _AND
        case Not():
            return _denied(node.of)
        case Compare():
            return f"{_value(node.left, _ADD)} {node.op} {_value(node.right, _ADD)}", _COMPARE
        case OneOf():
            return f"{_value(node.of, _ADD)} in ({', '.join(map(quoted, node.texts))})", _COMPARE
        case Missing():
            return f"{identifier(node.attribute)} is missing", _COMPARE
        case Arithmetic():
            level = _ADD if node.op in "+-" else _MULTIPLY
            return f"{_value(node.left, level)} {node.op} {_value(node.right, level + 1)}", level
        case _:
            return _leaf(node), _TIGHT


def _denied(inside: Value) -> tuple[str, int]:
    if isinstance(inside, Has):
        return _has(inside, " no"), _TIGHT
    return f"not {_value(inside, _NOT)}", _NOT


def _has(node: Has, no: str = "") -> str:
    ignoring = f" ignoring {selector(node.ignoring)}" if node.ignoring is not None else ""
    verb = f"with{'out' if no else ''}" if node.noun.endswith("s") else f"has{no}"
    return f"{identifier(node.noun)} {verb} {pattern(node.pattern)}{ignoring}"


def _leaf(node: Value) -> str:
    match node:
        case Has():
            return _has(node)
        case Edge():
            return f"{identifier(node.noun)} {node.side} with {selector(node.what)}"
        case Count():
            return f"count of {selector(node.of)}"
        case Rate():
            return f"rate of {selector(node.of)}{_per(node)}"
        case Span():
            return f"duration of {identifier(node.noun)}"
        case Between():
            return f"time from {selector(node.start)} to {selector(node.end)}"
        case Dwell():
            return f"time in {selector(node.of)}"
        case Aggregate():
            over = f" over {selector(node.over)}" if node.over is not None else ""
            return f"{node.how} of {identifier(node.attribute)}{over}"
        case Attribute():
            return identifier(node.name)
        case Number():
            return number(node.value)
        case Duration():
            return stretch(node.ns)
        case Text():
            return quoted(node.text)
        case Truth():
            return "true" if node.yes else "false"
        case _:
            raise TypeError(f"{type(node).__name__} is no value")


def _per(node: Rate) -> str:
    if node.per is not None:
        return f" per {selector(node.per)}"
    return f" per {stretch(node.time)}" if node.time is not None else ""
