"""Let an edge take its other link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.model.design import store_key
from telic.registry import near_names
from telic.tools.actions.card import action, edge_of


@action("failover", example={"target": "search->hotel", "link": "b"})
@dataclass(frozen=True)
class Failover:
    """Point a caller at the other network path to the same callee.

    Effect: new connections of this edge take the link; the caller's configuration says so.
    Precondition: the edge has links and does not take this one already.
    Undo: the link, or the port, that it took before.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    link: Literal["a", "b"] = "b"

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse an edge without links or one that takes the link already."""
        edge_of(topology, self.target)
        if self.target not in state.links:
            raise ActionRefused(f"{self.target} has no links", hint=near_names(self.target, state.links))
        active = state.links[self.target].active
        if active == self.link:
            raise ActionRefused(f"{self.target} takes link {active} already", hint="nothing would change")
        return f"{self.target} takes link {active}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The caller, whose connections move."""
        return frozenset({self.target.partition("->")[0]})

    def undo(self, state: State) -> Undo:
        """Take the link that is taken now; a port that is no link comes back as the setting it was."""
        link = state.links[self.target]
        if link.active in link.ports:
            return Undo(Action("failover", self.target, {"link": link.active}, f"take back link {self.link}"))
        caller, _, callee = self.target.partition("->")
        key = _port_key(callee, state)
        config = state.services[caller].config if caller in state.services else {}
        if key not in config:
            return Undo(None, irreversible=True, note=f"the port of {self.target} before is not known")
        return Undo(
            Action("set_config", caller, {"key": key, "value": config[key]}, f"take back link {self.link}"),
        )

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the edge takes the link."""
        found = state.links.get(self.target)
        return None if found is None else found.active == self.link


def _port_key(callee: str, state: State) -> str:
    return f"{store_key(callee)}.port" if callee in state.stores else f"upstream.{callee}.port"
