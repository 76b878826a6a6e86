"""What is not asked for is left out as early as can be: groups by a condition on events, columns by who reads them."""

from __future__ import annotations

from telic.opportunities.plan.node import Node, rewrite
from telic.opportunities.plan.relations import columns_of, events_of, read, relation_of, scan


def push_down(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a plan that reads only what its questions need.

    A condition moves below the columns that are derived above it. Where groups are asked for by one condition on some
    of their events, or on one attribute (which is constant within a group), the events are filtered before they are
    grouped, and what was computed for the condition alone is gone.
    """
    return rewrite(rewrite(roots, _below_derived), _before_grouping)


def _below_derived(node: Node) -> Node:
    if node.op == "where" and relation_of(node).op == "derive":
        derived = relation_of(node)
        kept = Node("where", (relation_of(derived), *columns_of(node)))
        return Node("derive", (kept, *columns_of(derived)), derived.params)
    return node


def _before_grouping(node: Node) -> Node:
    if node.op != "members" or relation_of(node).op != "where":
        return node
    kept = relation_of(node)
    reduced, predicate = relation_of(kept), columns_of(kept)[0]
    condition = _of_events(predicate)
    if condition is None or reduced.op != "reduce" or relation_of(reduced).op != "scan":
        return node
    events = events_of(relation_of(reduced))
    filtered = Node("where", (scan(events, read([condition], events)), condition))
    return Node("members", (Node("reduce", (filtered,)),))


def _of_events(predicate: Node) -> Node | None:
    """Return the condition that holds for some event of a group just where `predicate` holds for the group."""
    if predicate.op == "any":
        return predicate.inputs[0]
    if predicate.op in ("equals", "one_of") and predicate.inputs[0].op == "attribute":
        column = Node("event_attribute", (), predicate.inputs[0].params)
        return Node(predicate.op, (column,), predicate.params)
    return None
