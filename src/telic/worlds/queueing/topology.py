"""Large made-up designs: layers of services that call downwards, a few of them hot, capacities fit for a load.

The shape follows recorded call graphs: Train-Ticket has 2.0 edges a service and 11.2 calls behind each call of its
gateway, and a composed post of DeathStarBench's social network leads to 11.0 calls between services.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from telic.errors import UsageError
from telic.model.design import Call, Design, ServiceDesign, ServiceOperation
from telic.model.intent import Capacity, Keys, Workload
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy, Wiring
from telic.worlds.queueing.costs import Costs

ENTRY = "gateway"
OPERATION = "handle"
_TIMES = (1.0, 1.0, 0.5, 0.2)  # how often one request leads to a call [1]
_MEDIAN, _SIGMA = 0.003, 0.6  # service times [s], their lognormal spread [1]


@dataclass(frozen=True)
class Synthetic:
    """A made-up system, ready for `compile`."""

    design: Design
    wiring: Wiring
    workload: Workload
    costs: Costs


def topology(
    services: int,
    *,
    seed: int = 1,
    depth: int = 5,
    fanout: float = 2.0,
    hops: float = 11.0,
    rate: float = 100_000.0,
    utilisation: float = 0.6,
) -> Synthetic:
    """Return a system of `services` behind one gateway; the same arguments give the same system.

    Parameters
    ----------
    services
        In all, the gateway included [1].
    depth
        Layers below the gateway [1].
    fanout
        Edges a service, on average [1].
    hops
        Calls that one request leads to, on average [1].
    rate
        For which capacities are fit [requests/s].
    utilisation
        Of the slots at that rate, at most [1].
    """
    if services < depth + 2 or depth < 1 or not 0 < utilisation < 1 or hops < 1 or fanout < 1:
        raise UsageError(
            f"no topology of {services} services, {depth} layers, {hops:g} hops and utilisation {utilisation:g}",
            hint="at least one service a layer, one hop, one edge a service, and a utilisation between 0 and 1",
        )
    draws = random.Random(f"topology/{seed}/{services}/{depth}")
    layers = _layers(services - 1, depth)
    calls = _calls(layers, fanout, draws)
    calls = _scaled(calls, layers[0], hops)
    weights = [1.0 / (rank + 1) ** 0.7 for rank in range(len(layers[0]))]
    costs = Costs(cores=0, connections=0, database=0)
    design = _design(layers, calls, weights, rate, utilisation, costs, draws)
    entries = {f"F{number + 1}": weight for number, weight in enumerate(weights)}
    workload = Workload("W1", "made up", "poisson", rate, entries, Keys(1.1, 1000))
    edges = {f"{ENTRY}->{name}": EdgePolicy(1.0, RetryPolicy(max=1)) for name in layers[0]}
    nodes = {each.name: NodePolicy(queue=max(64, each.capacity.slots)) for each in design.services if each.capacity}
    return Synthetic(design, Wiring(EdgePolicy(0.6), NodePolicy(), edges, nodes), workload, costs)


def _layers(services: int, depth: int) -> list[list[str]]:
    """Return the names of each layer; a layer below another is one and a half times as wide."""
    weights = [1.5**layer for layer in range(depth)]
    sizes = [max(1, int(services * each / sum(weights))) for each in weights]
    sizes[-1] += services - sum(sizes)
    width = len(str(services))
    numbers = iter(range(1, services + 1))
    return [[f"service-{next(numbers):0{width}d}" for _ in range(size)] for size in sizes]


def _calls(layers: Sequence[Sequence[str]], fanout: float, draws: random.Random) -> dict[str, dict[str, float]]:
    """Return callees and how often they are asked: everybody has a caller above, and some are popular."""
    calls: dict[str, dict[str, float]] = {name: {} for layer in layers for name in layer}
    for above, layer in itertools.pairwise(layers):
        for name in layer:
            calls[draws.choice(above)][name] = draws.choice(_TIMES)
    below: list[list[str]] = [[name for layer in layers[at + 1 :] for name in layer] for at in range(len(layers))]
    wanted = round(fanout * (len(calls) + 1)) - sum(map(len, calls.values())) - len(layers[0])
    for _ in range(20 * max(0, wanted)):  # the same edge may be drawn again, so some draws are lost
        at = draws.randrange(max(1, len(layers) - 1))
        caller = draws.choice(layers[at])
        callee = below[at][int(len(below[at]) * draws.random() ** 3)] if below[at] else caller
        if wanted > 0 and callee != caller and callee not in calls[caller]:
            calls[caller][callee] = draws.choice(_TIMES)
            wanted -= 1
    return calls


def _scaled(calls: dict[str, dict[str, float]], first: Sequence[str], hops: float) -> dict[str, dict[str, float]]:
    """Scale how often calls happen until the average entry leads to `hops` calls, the gateway's own included."""
    low, high = 0.0, 8.0
    for _ in range(40):
        factor = (low + high) / 2
        scaled = {name: {callee: times * factor for callee, times in of.items()} for name, of in calls.items()}
        below = _sums(scaled)
        mean = sum(1.0 + below[name] for name in first) / len(first)
        low, high = (factor, high) if mean < hops else (low, factor)
    return scaled


def _sums(calls: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return how many calls one request leads to, by the service that gets it; callees come after callers."""
    below: dict[str, float] = {}
    for name in reversed(calls):
        below[name] = sum(times * (1.0 + below[callee]) for callee, times in calls[name].items())
    return below


def _design(
    layers: Sequence[Sequence[str]],
    calls: dict[str, dict[str, float]],
    weights: Sequence[float],
    rate: float,
    utilisation: float,
    costs: Costs,
    draws: random.Random,
) -> Design:
    load = dict.fromkeys(calls, 0.0)
    for name, weight in zip(layers[0], weights, strict=True):
        load[name] = rate * weight / sum(weights)
    for name, of in calls.items():
        for callee, times in of.items():
            load[callee] += load[name] * times
    took: dict[str, float] = {}
    for name in reversed(calls):
        took[name] = costs.cpu + sum(times * (costs.network + took[callee]) for callee, times in calls[name].items())
    made = [_gateway(layers[0], rate, max(took.values()) + costs.network, utilisation)]
    for name, of in calls.items():
        time = _MEDIAN * math.exp(_SIGMA * draws.gauss(0.0, 1.0))
        slots = max(2, math.ceil(load[name] * max(time, 1.5 * took[name]) / utilisation))
        asked = tuple(Call(callee, OPERATION, times) for callee, times in of.items())
        operation = ServiceOperation(OPERATION, (), (), (), calls=asked)
        made.append(ServiceDesign(name, "owner", (), (operation,), capacity=Capacity(name, slots, time)))
    return Design("made-up", "", tuple(made), (), (), Wiring(), (), (), entry=ENTRY)


def _gateway(first: Sequence[str], rate: float, time: float, utilisation: float) -> ServiceDesign:
    operations = tuple(
        ServiceOperation(f"ask_{number + 1}", (f"F{number + 1}",), (), (), calls=(Call(name, OPERATION),))
        for number, name in enumerate(first)
    )
    slots = math.ceil(2.0 * rate * time / utilisation)
    return ServiceDesign(ENTRY, "gateway", (), operations, capacity=Capacity(ENTRY, slots, 0.0002))
