"""Wiring as data: which policies each edge and each node carries. Read live, hashed with every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed call is tried again."""

    max: int = 0  # further attempts [1]
    budget: float = 0.1  # retries allowed per request over time [1]; 0 is no budget, retry always
    burst: float = 10.0  # retries allowed at once [1]
    backoff: float = 0.01  # first wait, doubled each time [s]
    jitter: bool = True  # full jitter


@dataclass(frozen=True)
class BreakerPolicy:
    """When calls are refused without trying; counts operations, since it sits outside retry."""

    window: float = 1.0  # [s]
    minimum: int = 20  # calls in the window before it may open [1]
    ratio: float = 0.5  # failures that open it [1]
    open: float = 1.0  # how long it refuses before a probe [s]


@dataclass(frozen=True)
class CachePolicy:
    """A look-aside cache in front of a read."""

    ttl: float = 5.0  # [s]
    jitter: float = 0.2  # of the ttl [1]
    on_error: Literal["fail", "stale"] = "fail"
    single: bool = True  # one load a key at a time; False: every miss loads


@dataclass(frozen=True)
class EdgePolicy:
    """The client chain: deadline, cache, breaker, retry, timeout, transport."""

    timeout: float = 1.0  # of one attempt [s]
    retry: RetryPolicy | None = None
    breaker: BreakerPolicy | None = None
    deadline: bool = True  # pass the caller's deadline on, and do not start what cannot end in time


@dataclass(frozen=True)
class NodePolicy:
    """The server chain: deadline check, admission, dedupe, handler."""

    queue: int = 64  # requests that may wait for a slot [1]; -1 is unbounded
    order: Literal["fifo", "lifo"] = "fifo"
    limit: Literal["none", "aimd"] = "none"
    dedupe: bool = True  # answer a repeated idempotency key with the first answer
    cache: CachePolicy | None = None  # for read operations of this node, in Valkey
    cancel: bool = True  # a caller that leaves cancels its work; False: the work goes on for nobody
    max_age: float = 0.0  # who waited longer for a slot is refused [s]; 0 is never
    shed: float = 0.0  # share of requests refused at the door, evenly spread [1]


@dataclass(frozen=True)
class Wiring:
    """Policies of one design; what is not named has the default."""

    edge: EdgePolicy = EdgePolicy()
    node: NodePolicy = NodePolicy()
    edges: Mapping[str, EdgePolicy] = field(default_factory=dict)  # "search->hotel"
    nodes: Mapping[str, NodePolicy] = field(default_factory=dict)

    def of_edge(self, name: str) -> EdgePolicy:
        """Return the policy of the edge ``caller->callee``."""
        return self.edges.get(name, self.edge)

    def of_node(self, name: str) -> NodePolicy:
        """Return the policy of the service called `name`."""
        return self.nodes.get(name, self.node)
