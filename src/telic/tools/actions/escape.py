"""Lead a system out of a metastable collapse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.runtime.wiring import NodePolicy
from telic.tools.actions import policies
from telic.tools.actions.card import action, service_of

MOST_SHED = 0.95  # [1]


@action("escape", example={"target": "hotel", "shed": 0.3})
@dataclass(frozen=True)
class Escape:
    """Stop what keeps a service overloaded although load is what it was: stale work and retries.

    Effect: in all services from the entry to the target queues are at once bounded, served last in first out, and drop
    what waited half its caller's timeout; work whose caller has left is cancelled; deadlines are passed on; nothing is
    tried again; the entry refuses the share `shed` of its requests at the door.
    Precondition: the service exists, and is not being escaped already.
    Undo: all policies as they were, at once. It is opened again with `reopen`, step by step.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    shed: float = 0.0

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse shares that are none, and a service that is being escaped."""
        service_of(state, self.target)
        if not 0.0 <= self.shed <= MOST_SHED:
            raise ActionRefused(f"escape {self.target}: shed={self.shed:g}", hint=f"a share from 0 to {MOST_SHED:g}")
        if self.in_force(state, 0.0):
            raise ActionRefused(f"{self.target} is being escaped already", hint="reopen it, or take it back")
        return f"{self.target} is reached over {', '.join(sorted(policies.between(topology, self.target)))}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Every service on the ways to it; none is interrupted."""
        return policies.between(topology, self.target)

    def undo(self, state: State) -> Undo:
        """Put every policy of now in force again."""
        return policies.take_back(state, self.target, f"take back the escape of {self.target}")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the service drops what is stale, last in first out, and the entry sheds the share."""
        found = policies.in_state(state)
        node = found.get(self.target)
        if not isinstance(node, NodePolicy):
            return None
        shed = max((each.shed for each in found.values() if isinstance(each, NodePolicy)), default=0.0)
        return node.max_age > 0 and node.order == "lifo" and node.cancel and shed == self.shed
