"""Open a system again that was led out of a collapse, a step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.tools.actions import policies
from telic.tools.actions.card import action, service_of


@action("reopen", example={"target": "hotel", "shed": 0.15, "budget": 0.0})
@dataclass(frozen=True)
class Reopen:
    """One step back from an escape: shed less at the entry, let callers try again within a budget.

    Effect: at once the entry refuses the share `shed`; with a `budget` above 0, callers on the ways to the target may
    try again where the design lets them, once at most, with back-off and jitter. Bounded queues, their limit of age,
    cancelling and deadlines stay.
    Precondition: the target is being escaped.
    Undo: the step before.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    shed: float = 0.0
    budget: float = 0.0

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse a service that is not being escaped, and to shed more than now."""
        service_of(state, self.target)
        found = policies.in_state(state)
        node = found.get(self.target)
        if not isinstance(node, NodePolicy) or node.max_age <= 0:
            raise ActionRefused(f"{self.target} is not being escaped", hint="escape comes first")
        if not (0.0 <= self.shed <= 1.0 and 0.0 <= self.budget <= 1.0):
            raise ActionRefused(f"reopen {self.target}: shed and budget are shares", hint="from 0 to 1")
        now = _shed(found)
        if self.shed > now:
            raise ActionRefused(
                f"reopen {self.target}: the entry sheds {now:g}", hint="shed less than that, or as much"
            )
        return f"the entry sheds {now:g}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The entry and the callers on the ways; none is interrupted."""
        return policies.between(topology, self.target)

    def undo(self, state: State) -> Undo:
        """Put every policy of now in force again."""
        return policies.take_back(state, self.target, "one step back")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the share is shed and, with a budget, somebody tries again within at most that."""
        found = policies.in_state(state)
        if _shed(found) != self.shed:
            return False
        retries = [each.retry for each in found.values() if isinstance(each, EdgePolicy) and each.retry is not None]
        return self.budget <= 0 or any(0 < each.budget <= self.budget for each in retries)


def _shed(found: dict[str, EdgePolicy | NodePolicy]) -> float:
    return max((each.shed for each in found.values() if isinstance(each, NodePolicy)), default=0.0)
