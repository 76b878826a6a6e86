"""Equal nodes become one."""

from __future__ import annotations

from telic.opportunities.plan.node import Node, rewrite


def merge_equal(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a plan in which nodes that are equal are the same object, so that later passes compare by identity."""
    return rewrite(roots, lambda node: node)
