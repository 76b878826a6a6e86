"""Questions as plans: each written on its own, from the scan of the events up; passes make them share their work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from telic.errors import UsageError
from telic.opportunities.plan.expressions import REDUCES, WINDOWS, kind, level, of_event
from telic.opportunities.plan.node import Node, Param, merge
from telic.opportunities.plan.table import Table

START = Node("start")

RELATIONS = frozenset(
    {"scan", "where", "reduce", "window", "derive", "cells", "totals", "members", "grouping_sets", "pick"}
)


def totals(events: Table, by: Sequence[Node], measures: Sequence[Node] = ()) -> Node:
    """Ask for the number of groups and the sums of `measures` in each cohort of `by`.

    Parameters
    ----------
    by
        Columns of text by group; several make a cross.
    measures
        Numbers or truth values by group; where one is missing it adds nothing.
    """
    for each in by:
        _of_group(each, "text")
    for each in measures:
        _of_group(each, "truth", "float", "whole")
    return _above(_groups(events, (*by, *measures)), "totals", (*by, *measures), by=len(by))


def members(events: Table, predicate: Node) -> Node:
    """Ask for the ids of the groups for which `predicate` holds."""
    _of_group(predicate, "truth")
    return Node("members", (Node("where", (_groups(events, (predicate,), derive=False), predicate)),))


def relation_of(node: Node) -> Node:
    """Return the relation that a relation reads."""
    return node.inputs[0]


def columns_of(node: Node) -> tuple[Node, ...]:
    """Return the columns that a relation adds or asks for."""
    return node.inputs[1:] if node.inputs and node.inputs[0].op in RELATIONS else node.inputs


def events_of(scan: Node) -> Table:
    """Return what a scan reads."""
    return Table(**dict(scan.several("events")))  # type: ignore[arg-type]


def read(columns: Iterable[Node], events: Table) -> tuple[str, ...]:
    """Return the columns of the table that some columns are computed from, besides the group's id, sorted."""
    found: set[str] = set()
    for each in merge(columns):
        if each.op in ("attribute", "event_attribute", "event_number"):
            found.add(each.text("column"))
        elif each.op == "name":
            found.add(events.name)
        elif each.op in ("at", "start", "end") or each.op in WINDOWS:
            found.add(events.time)
        if each.op in WINDOWS and events.user:
            found.add(events.user)
    return tuple(sorted(found))


def scan(events: Table, columns: Sequence[str]) -> Node:
    """Return the events of `events` with some of their columns."""
    given = tuple((each.name, getattr(events, each.name)) for each in fields(events))
    return Node("scan", (), (("columns", tuple(columns)), ("events", given)))


def needed(columns: Iterable[Node]) -> tuple[list[Node], list[list[Node]]]:
    """Return the reduced columns, and those of windows level by level, that some columns of groups are made of."""
    distinct = merge(columns)
    reduced = [each for each in distinct if each.op in REDUCES]
    if START not in reduced and any(each.op in WINDOWS for each in distinct):
        reduced.append(START)  # by which windows are ordered
    highest = max((level(each) for each in distinct), default=0)
    windows = [[e for e in distinct if e.op in WINDOWS and level(e) == step] for step in range(1, highest + 1)]
    return reduced, windows


def _groups(events: Table, columns: Sequence[Node], *, derive: bool = True) -> Node:
    """Return the relation of groups from which `columns` are computed."""
    reduced, windows = needed(columns)
    below = _above(scan(events, read(columns, events)), "reduce", reduced)
    for columns_of_level in windows:
        below = _above(below, "window", columns_of_level)
    derived = [each for each in columns if each.op not in REDUCES | WINDOWS]
    return _above(below, "derive", derived) if derive and derived else below


def _above(relation: Node, op: str, columns: Sequence[Node], **params: Param) -> Node:
    return Node(op, (relation, *columns), tuple(sorted(params.items())))


def _of_group(column: Node, *kinds: str) -> None:
    if of_event(column) or kind(column) not in kinds:
        grain = "event" if of_event(column) else "group"
        raise UsageError(
            f"{column.op} holds {kind(column)} by {grain}; {' or '.join(kinds)} by group is needed",
            hint="reduce it (any_of, greatest), or label it (bins, choice)",
        )
