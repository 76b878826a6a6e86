"""Systems for the tests of the queueing model: one station, and the six processes of the measured experiment."""

from __future__ import annotations

from telic.model.design import Call, Design, ServiceDesign, ServiceOperation
from telic.model.intent import Capacity, Keys, Workload
from telic.runtime.wiring import BreakerPolicy, EdgePolicy, NodePolicy, RetryPolicy, Wiring
from telic.worlds.queueing import Costs, Plan, compile

MIX = {"F1": 80.0, "F3": 10.0, "F7": 10.0}


def operation(name: str, *calls: tuple[str, str], serves: str = "") -> ServiceOperation:
    asked = tuple(Call(service, called) for service, called in calls)
    return ServiceOperation(name, (serves,) if serves else (), (), (), calls=asked)


def service(name: str, slots: int, *operations: ServiceOperation) -> ServiceDesign:
    return ServiceDesign(name, "owner", (), operations, capacity=Capacity(name, slots, 0.0))


def workload(rate: float, mix: dict[str, float] | None = None) -> Workload:
    return Workload("W1", "normal", "poisson", rate, mix or MIX, Keys(1.1, 200))


def design(*services: ServiceDesign) -> Design:
    return Design("probe", "", services, (), (), Wiring(), (), ())


def station(slots: int, spread: str, *, seconds: float = 0.01) -> Plan:
    """One service with `slots` servers and a queue without a bound; users wait for a minute."""
    costs = Costs(cpu=0, cores=0, work={"gateway": seconds}, spread=spread, network=0, patience=60)  # type: ignore[arg-type]
    made = design(service("gateway", slots, operation("get", serves="F1")))
    return compile(made, Wiring(node=NodePolicy(queue=-1)), workload(1.0, {"F1": 1.0}), costs=costs)


PROBE = design(
    service(
        "gateway",
        256,
        operation("search", ("search", "search"), serves="F1"),
        operation("reserve", ("reserve", "reserve"), serves="F3"),
        operation("user", ("profile", "get"), serves="F7"),
    ),
    service("search", 256, operation("search", ("geo", "near"), ("rate", "get"), ("profile", "get"))),
    service("reserve", 8, operation("reserve", ("rate", "get"))),
    service("geo", 8, operation("near")),
    service("rate", 4, operation("get")),
    service("profile", 8, operation("get")),
)
WORK = {"rate": 0.020, "geo": 0.003, "profile": 0.005, "reserve": 0.010}
THREE = RetryPolicy(max=3, budget=0.0, backoff=0.0, jitter=False)


def wired(
    retry: RetryPolicy | None = THREE,
    *,
    breaker: BreakerPolicy | None = None,
    deadline: bool = False,
    node: NodePolicy | None = None,
) -> Wiring:
    outer, inner = EdgePolicy(0.3, retry, breaker, deadline), EdgePolicy(0.12, retry, breaker, deadline)
    edges = {f"gateway->{callee}": outer for callee in ("search", "reserve", "profile")}
    return Wiring(inner, node or NodePolicy(queue=-1, cancel=False), edges)


def probe(wiring: Wiring, *, patience: float = 3.0, rate: float = 150.0) -> Plan:
    """Return the measured experiment's system: gateway, search, geo, rate (the bottleneck, 200/s), profile, reserve."""
    costs = Costs(cpu=0, cores=0, work=WORK, spread="constant", network=0.0004, patience=patience)
    return compile(PROBE, wiring, workload(rate), costs=costs)
