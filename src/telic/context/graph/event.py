"""Nodes and edges of the event graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["anomaly", "log pattern", "span", "sequence", "alert", "change", "event", "symptom"]
EdgeKind = Literal["same entity", "call", "shares", "precedes"]


@dataclass(frozen=True)
class Node:
    """Something that happened to one entity.

    Two nodes with the same kind, entity and what are the same node, seen again.
    """

    kind: NodeKind
    entity: str
    what: str  # name of the signal, of the rule, id of the change
    time: float  # when it began [s since the Unix epoch]
    end: float = 0.0  # when it was last seen [s since the Unix epoch]; 0: it has no length
    says: str = ""
    surprise: float = 0.0  # [nats]
    instance: str = ""
    source: str = ""  # file and line that print a log pattern, where code is given

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it this node and no other."""
        return self.kind, self.entity, self.what


@dataclass(frozen=True)
class Edge:
    """Why two nodes may have to do with one another, earlier node first."""

    before: int  # index of a node
    after: int
    kind: EdgeKind
    lag: float  # from the one to the other [s]
