"""Plans and their columns as text."""

from __future__ import annotations

from collections.abc import Iterable

from telic.opportunities.plan.expressions import DAY, HOUR, MINUTE, SECOND
from telic.opportunities.plan.node import Node, Param, merge
from telic.opportunities.plan.relations import RELATIONS, columns_of, events_of, relation_of

LONGEST = 72
"""Letters of a column in a plan; longer ones are cut."""


def expression(node: Node) -> str:
    """Return a column as text.

    Examples
    --------
    >>> from telic.opportunities.plan.expressions import any_of, equals, name, recent, DAY
    >>> expression(any_of(equals(name(), "pay"))), expression(recent(7 * DAY))
    ("any(name = 'pay')", 'recent(7 d)')
    """
    inside = [expression(each) for each in node.inputs]
    match node.op:
        case "attribute" | "event_attribute" | "event_number":
            return node.text("column")
        case "equals":
            return f"{inside[0]} = {node.param('value')!r}"
        case "one_of":
            return f"{inside[0]} in {_several(node, 'values')}"
        case "at_least":
            return f"{inside[0]} >= {_span(node.param('bound'))}"
        case "both":
            return f"({inside[0]} and {inside[1]})"
        case "negated":
            return f"not ({inside[0]})"
        case "minus":
            return f"({inside[0]} - {inside[1]})"
        case "plus":
            return f"({inside[0]} + {node.param('number')})"
        case "recent":
            return f"recent({_span(node.whole('width'))})"
        case "whole_part" | "remainder":
            return f"{node.op}({inside[0]}, {_span(node.param('by'))})"
        case "bins":
            return f"bins({inside[0]}: {_several(node, 'labels')})"
        case "choice":
            return f"choice({inside[0]}: {node.text('yes')} | {node.text('no')})"
        case "cross":
            return f"{inside[0]} × {inside[1]}"
        case _:
            given = [str(value) for _, value in node.params]
            return f"{node.op}({', '.join(inside + given)})" if inside or given else node.op


def relation(node: Node) -> str:
    """Return what a relation does, without what it reads."""
    columns = [_cut(expression(each)) for each in columns_of(node)]
    match node.op:
        case "scan":
            return f"scan {events_of(node).relation}: {', '.join(str(each) for each in node.several('columns'))}"
        case "totals" | "cells":
            by = node.whole("by" if node.op == "totals" else "columns")
            sums = [f"sum {each}" for each in columns[by:]]
            return f"{node.op} by {' × '.join(columns[:by])}: {', '.join(['groups', *sums])}"
        case "grouping_sets":
            by = node.whole("columns")
            sums = [f"sum {each}" for each in columns[by:]]
            return f"grouping sets, {len(node.several('sets'))} over {by} columns: {', '.join(['groups', *sums])}"
        case "pick":
            return f"pick set {node.whole('set') + 1}"
        case _:
            return f"{node.op.replace('_', ' ')} {', '.join(columns)}".rstrip()


def printed(roots: Iterable[Node]) -> str:
    """Return a plan as text: one relation a line, numbered, inputs before users.

    Examples
    --------
    >>> from telic.opportunities.plan import Table, attribute, totals
    >>> print(printed([totals(Table(), [attribute("os")])]))
    1 scan events: os
    2 reduce os  <- 1
    3 totals by os: groups  <- 2
    """
    relations = [each for each in merge(roots) if each.op in RELATIONS]
    number = {each: place for place, each in enumerate(relations, 1)}
    lines = []
    for each in relations:
        below = f"  <- {number[relation_of(each)]}" if each.op != "scan" else ""
        lines += [f"{number[each]} {relation(each)}{below}", *_sets(each)]
    return "\n".join(lines)


def _sets(node: Node) -> list[str]:
    """Return the grouping sets of a relation, one a line."""
    if node.op != "grouping_sets":
        return []
    columns = [_cut(expression(each)) for each in columns_of(node)]
    return [f"    by {' × '.join(columns[int(i)] for i in each)}" for each in node.several("sets")]  # type: ignore[union-attr, arg-type]


def _several(node: Node, key: str) -> str:
    return " | ".join(str(each) or "-" for each in node.several(key))


def _span(number: Param) -> str:
    """Return a number; one that is a whole number of seconds [ns], as a time."""
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if isinstance(number, int) and number and number % unit == 0:
            return f"{number // unit} {letter}"
    return str(number)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
