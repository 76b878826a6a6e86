"""Change the wiring of one edge or one service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.tools.actions.card import action, edge_of, service_of


@action("set_policy", example={"target": "search->hotel", "policy": '{"timeout": 0.3, "deadline": true}'})
@dataclass(frozen=True)
class SetPolicy:
    """Replace the policy of an edge or of a service: JSON with the fields that `get_policies` shows of it.

    Effect: applied live by the service that holds the policy: the caller of an edge, or the service itself.
    Precondition: the edge or service exists and the JSON is a policy of its kind.
    Undo: the policy that is in force now.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    policy: str

    @property
    def holder(self) -> str:
        """The service whose process applies the policy."""
        return self.target.partition("->")[0]

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is no policy, or a target that the world does not have."""
        if "->" in self.target:
            edge_of(topology, self.target)
        service_of(state, self.holder)
        kind = EdgePolicy if "->" in self.target else NodePolicy
        try:
            msgspec.json.decode(self.policy, type=kind)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise ActionRefused(
                f"set_policy {self.target}: not a {kind.__name__}: {error}", hint="see telic.runtime.wiring"
            ) from error
        return f"{self.target} has a policy held by {self.holder}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The service that holds it."""
        return frozenset({self.holder})

    def undo(self, state: State) -> Undo:
        """Set what is in force now; the default where nothing is written."""
        old = service_of(state, self.holder).policies.get(self.target)
        if old is None:
            old = EdgePolicy() if "->" in self.target else NodePolicy()
        text = msgspec.json.encode(old).decode()
        return Undo(Action("set_policy", self.target, {"policy": text}, "take back the policy"))

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the policy in force says all that was asked for."""
        old = service_of(state, self.holder).policies.get(self.target)
        wanted = msgspec.json.decode(self.policy, type=EdgePolicy if "->" in self.target else NodePolicy)
        return None if old is None else msgspec.to_builtins(old) == msgspec.to_builtins(wanted)
