"""A fixed list of things to do in one app, built from its topology, for policies that choose by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from telic.model import Design
from telic.model.incident import MECHANISMS

WAITS = (2.0, 5.0)  # [s]


@dataclass(frozen=True)
class Item:
    """One call; `version` says that the service's previous version is asked for first."""

    tool: str
    arguments: dict[str, object] = field(default_factory=dict)
    version: bool = False

    def __str__(self) -> str:
        return " ".join([self.tool, *(f"{name}={value}" for name, value in self.arguments.items())])


def menu(design: Design) -> tuple[Item, ...]:
    """Return what can be done in the app of `design`: wait, mend, blame, and say that it is done."""
    services = [each.name for each in design.services]
    edges = [f"{caller}->{callee}" for caller, callee in design.edges]
    return (
        *(Item("wait", {"seconds": each}) for each in WAITS),
        *(Item("restart", {"target": each}) for each in services),
        *(Item("rollback", {"target": each}, version=True) for each in services),
        *(Item("failover", {"target": each, "link": "b"}) for each in edges),
        *(Item("flush_cache", {"target": each}) for each in design.stores if not each.startswith("postgres")),
        *(Item("escape", {"target": each}) for each in services),
        *blame((*services, *design.stores, *edges)),
    )


def blame(entities: Sequence[str]) -> tuple[Item, ...]:
    """Return what can be claimed."""
    return (
        Item("submit", {"healthy": True}),
        Item("submit", {"healthy": False}),
        *(Item("submit", {"entity": each}) for each in entities),
        *(Item("submit", {"mechanism": each}) for each in MECHANISMS if each != "unknown"),
        Item("submit", {"final": True}),
    )
