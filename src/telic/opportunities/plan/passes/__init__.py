"""What makes many questions share their work: functions from plan to plan, one a file, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telic.opportunities.plan.node import Node
from telic.opportunities.plan.passes.fuse_scans import fuse_scans
from telic.opportunities.plan.passes.grouping_sets import grouping_sets
from telic.opportunities.plan.passes.merge_equal import merge_equal
from telic.opportunities.plan.passes.pre_aggregate import pre_aggregate
from telic.opportunities.plan.passes.push_down import push_down

Roots = tuple[Node, ...]
PASSES: tuple[Callable[[Roots], Roots], ...] = (merge_equal, push_down, fuse_scans, grouping_sets, pre_aggregate)


def optimised(roots: Sequence[Node]) -> Roots:
    """Return the plan that answers the same questions, in the same order, with shared work."""
    found = tuple(roots)
    for each in PASSES:
        found = each(found)
    return found


__all__ = ["PASSES", "fuse_scans", "grouping_sets", "merge_equal", "optimised", "pre_aggregate", "push_down"]
