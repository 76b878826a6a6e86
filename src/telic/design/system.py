"""Intent to low-level design: every operation's archetype adds its part, then the call graph is checked."""

from __future__ import annotations

import keyword

from telic.design.archetypes import ARCHETYPES
from telic.design.draft import FACADES, GATEWAY, Draft
from telic.design.naming import CLASSES, WORDS, snake
from telic.design.plan import SystemPlan
from telic.design.rules import require_rules
from telic.errors import InvalidDesign
from telic.model.intent import Intent


def plan_system(intent: Intent) -> SystemPlan:
    """Return the services of `intent`, their operations, tables and calls.

    Raises
    ------
    InvalidDesign
        Open questions, a name that the design needs itself, an operation no archetype can build, or a cycle of calls.
    """
    if intent.open:
        first = intent.open[0]
        raise InvalidDesign(
            f"{intent.system} has {len(intent.open)} open questions: {first.id} {first.question}",
            hint="answer them in the intent and take them out of 'open'",
        )
    _require_names(intent)
    draft = Draft(intent)
    for op in intent.operations:
        ARCHETYPES[op.kind](draft, op)
    plan = draft.finish()
    if cycle := find_cycle({each.name: each.callees for each in plan.services}):
        raise InvalidDesign(
            f"services would call each other in a circle: {' -> '.join(cycle)}",
            hint="move one of the entities to another owner, or drop the reference that closes the circle",
        )
    require_rules(plan, intent)
    return plan


def _require_names(intent: Intent) -> None:
    """Refuse names that the design or generated code needs itself."""
    for entity in intent.entities:
        if entity.owner in (GATEWAY, *FACADES) or entity.owner in WORDS:
            raise InvalidDesign(
                f"{entity.name}: the owner {entity.owner} is a name that the design needs itself",
                hint="rename the owner",
            )
        one = snake(entity.name)
        if entity.name in CLASSES or one in WORDS or keyword.iskeyword(one):
            raise InvalidDesign(
                f"{entity.name} is a name that generated code needs itself", hint="rename the entity in the intent"
            )
    for op in intent.operations:
        if op.kind in ("reserve", "transition") and op.name in WORDS:
            raise InvalidDesign(
                f"{op.id} {op.name} is a name that generated code needs itself", hint="rename the operation"
            )


def find_cycle(graph: dict[str, tuple[str, ...]]) -> list[str]:
    """Return one cycle of a directed graph, its first node repeated at the end, or nothing.

    Examples
    --------
    >>> find_cycle({"a": ("b",), "b": ("c",), "c": ("b",)})
    ['b', 'c', 'b']
    """
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for following in graph.get(node, ()):
            if found := visit(following, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in graph if (found := visit(node, []))), [])
