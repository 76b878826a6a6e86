"""Change many policies at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from telic.model import State, Topology, Undo
from telic.tools.actions import policies
from telic.tools.actions.card import action, service_of


@action("set_policies", example={"target": "hotel", "policies": '{"hotel": {"queue": 33}, "search->hotel": {}}'})
@dataclass(frozen=True)
class SetPolicies:
    """Put several policies in force at once (JSON: service or edge to NodePolicy or EdgePolicy).

    Effect: applied live by the services that hold them; those that are in force already are left alone.
    Precondition: all targets exist and the JSON holds policies.
    Undo: the policies that are in force now.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = False
    target: str
    policies: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is no policy, or a target that the world does not have."""
        wanted = policies.read(self.policies, f"set_policies {self.target}")
        for target in wanted:
            service_of(state, target.partition("->")[0])
        return f"{len(wanted)} policies"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The services that hold them."""
        given = policies.read(self.policies, f"set_policies {self.target}")
        return frozenset(target.partition("->")[0] for target in given)

    def undo(self, state: State) -> Undo:
        """Put every policy of now in force again."""
        return policies.take_back(state, self.target, "take back the policies")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether all of them are in force."""
        found = policies.in_state(state)
        wanted = policies.read(self.policies, f"set_policies {self.target}")
        return all(
            target in found and msgspec.to_builtins(found[target]) == msgspec.to_builtins(policy)
            for target, policy in wanted.items()
        )
