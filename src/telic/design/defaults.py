"""The wiring that a new design starts with."""

from __future__ import annotations

import math

from telic.design.draft import GATEWAY
from telic.model.design import ServiceDesign
from telic.model.intent import Intent
from telic.runtime.wiring import CachePolicy, EdgePolicy, NodePolicy, RetryPolicy, Wiring

OUTER = 1.0  # timeout of the gateway's calls; the deadline of everything behind them [s]
INNER = 0.6  # timeout between other services [s]
STORE = 0.5  # timeout of one statement or look-up [s]
WAIT = 0.1  # a full queue should be served in this time [s]
QUEUE = (8, 64)  # shortest and longest queue [1]
RETRY = RetryPolicy(max=1, budget=0.1, burst=10.0, backoff=0.01, jitter=True)
FRESH = 10.0  # longest that a cached answer lives [s]
JITTER = 0.2  # of its life [1]


def default_wiring(services: tuple[ServiceDesign, ...], intent: Intent) -> Wiring:
    """Return timeouts that nest, one budgeted retry at the outermost edges, bounded queues, caches that stay fresh.

    Retries happen at the gateway alone, so that a failing service never gets more than 1.1 times its load;
    deadlines go along everywhere, so that nobody works for a caller who has given up.
    """
    edges: dict[str, EdgePolicy] = {}
    for each in services:
        for callee in each.callees:
            outer = each.name == GATEWAY
            edges[f"{each.name}->{callee}"] = EdgePolicy(OUTER, RETRY) if outer else EdgePolicy(INNER)
        for store in each.stores:
            edges[f"{each.name}->{store}"] = EdgePolicy(STORE)
    nodes = {each.name: _node(each, intent) for each in services}
    return Wiring(edge=EdgePolicy(INNER), node=NodePolicy(), edges=edges, nodes=nodes)


def _node(service: ServiceDesign, intent: Intent) -> NodePolicy:
    queue = QUEUE[1]
    if service.capacity is not None:
        fits = WAIT * service.capacity.slots / service.capacity.service_time
        queue = max(QUEUE[0], min(QUEUE[1], math.floor(fits)))
    return NodePolicy(queue=queue, dedupe=service.name != GATEWAY, cache=_cache(service, intent))


def _cache(service: ServiceDesign, intent: Intent) -> CachePolicy | None:
    if "valkey" not in service.stores:
        return None
    reads = [each for each in service.operations if not each.mutating]
    limits = [intent.staleness.get(id_, 0.0) for each in reads for id_ in each.derives]
    ttl = min(FRESH, min(limits, default=0.0) / 2)
    return CachePolicy(ttl=ttl, jitter=JITTER) if ttl > 0 else None
