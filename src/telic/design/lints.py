"""Rules that a design and its wiring must keep, checked in milliseconds and without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from telic.design.paths import Hop, calls_between, paths, visits
from telic.design.system import find_cycle
from telic.errors import InvalidDesign
from telic.model.design import Design, ServiceOperation
from telic.runtime.wiring import EdgePolicy

MARGIN = 0.8  # utilisation times amplification above which a brake is needed: near-critical queues drain slowly [1]
SHARE = 0.5  # of a latency objective that pure service time may take [1]
UNDECLARED = 0.001  # service time where the intent declares no capacity [s]
JOB_EVERY = 2.0  # how long a queue may take to drain, whatever the callers wait [s]


@dataclass(frozen=True)
class Finding:
    """A rule that a design breaks, where, and what to change."""

    rule: str  # L-nest
    where: str  # gateway->search
    says: str
    hint: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where}: {self.says} ({self.hint})"


def lint(design: Design) -> list[Finding]:
    """Return everything that `design` breaks, in the order of the rules; nothing means it may be deployed."""
    if circles := list(acyclic(design)):
        return circles  # paths through a circle have no end, so nothing else can be said
    return [found for rule in RULES for found in rule(design)]


def require_sound(design: Design) -> None:
    """Refuse a design that breaks a rule.

    Raises
    ------
    InvalidDesign
        With every finding.
    """
    if found := lint(design):
        lines = "\n  ".join(map(str, found))
        raise InvalidDesign(
            f"{design.system}: {len(found)} findings\n  {lines}", hint="edit wiring.yaml or the intent", findings=found
        )


def acyclic(design: Design) -> Iterator[Finding]:
    """Services do not call each other in a circle."""
    if cycle := find_cycle({each.name: each.callees for each in design.services}):
        yield Finding("L-acyclic", cycle[0], f"calls go round: {' -> '.join(cycle)}", "drop one of the calls")


def one_owner(design: Design) -> Iterator[Finding]:
    """Every entity has exactly one service that writes it."""
    owners: dict[str, list[str]] = {}
    for service in design.services:
        for entity in service.owns:
            owners.setdefault(entity, []).append(service.name)
    for entity, names in owners.items():
        if len(names) > 1:
            yield Finding("L-owner", entity, f"owned by {' and '.join(names)}", "let one of them ask the other")
    for grant in design.grants:
        if grant.table.partition(".")[0] != grant.service:
            yield Finding("L-owner", grant.table, f"{grant.service} may use another service's table", "ask its owner")


def processes(design: Design) -> Iterator[Finding]:
    """Services and stores together stay within the intent's limit."""
    count = len(design.services) + len(design.stores)
    if design.max_processes and count > design.max_processes:
        says = f"{count} processes, the intent allows {design.max_processes}"
        yield Finding("L-process", design.system, says, "give entities a common owner, or raise limits.cost.processes")


def nested_timeouts(design: Design) -> Iterator[Finding]:
    """A caller waits at least as long as all attempts of each call that its callee makes."""
    for caller, callee in design.edges:
        waits = design.wiring.of_edge(f"{caller}->{callee}").timeout
        for inner_caller, inner in design.edges:
            if inner_caller != callee:
                continue
            needed = _attempts_take(design.wiring.of_edge(f"{callee}->{inner}"))
            if waits < needed:
                says = f"gives up after {waits:g} s, but {callee}->{inner} may take {needed:g} s"
                yield Finding("L-nest", f"{caller}->{callee}", says, "shorten the inner timeout or its retries")


def time_for_objective(design: Design) -> Iterator[Finding]:
    """Pure service time along the longest path leaves room within each latency objective."""
    for objective in design.objectives:
        if objective.sli != "latency":
            continue
        for operation in design.service(objective.service).operations:
            takes = _service_time(design, objective.service, operation)
            if takes > SHARE * objective.below:
                says = f"takes {takes:g} s of pure service time, {objective.id} wants answers in {objective.below:g} s"
                yield Finding("L-slo", operation.name, says, "make a service on its path faster or call fewer")


def safe_retries(design: Design) -> Iterator[Finding]:
    """What is tried again is idempotent, or its service answers repeated keys with the first answer."""
    for caller, callee in _service_edges(design):
        retry = design.wiring.of_edge(f"{caller}->{callee}").retry
        if retry is None or not retry.max or design.wiring.of_node(callee).dedupe:
            continue
        for operation in calls_between(design, caller, callee):
            if operation.mutating and not operation.idempotent:
                says = f"tries {operation.name} again, which is not idempotent"
                yield Finding("L-idem", f"{caller}->{callee}", says, f"dedupe: true for {callee}, or no retry here")


def fresh_caches(design: Design) -> Iterator[Finding]:
    """No cached answer gets older than the intent lets any requirement behind it be."""
    for service in design.services:
        cache = design.wiring.of_node(service.name).cache
        if cache is None:
            continue
        oldest = cache.ttl * (1 + cache.jitter)
        if "valkey" not in service.stores:
            yield Finding("L-stale", service.name, "has a cache policy and no cache", "drop the policy")
            continue
        for operation in service.operations:
            limit = min((design.staleness.get(each.partition(".")[0], 0.0) for each in operation.derives), default=0.0)
            if not operation.mutating and oldest > limit:
                says = f"{operation.name} may be {oldest:g} s old, {', '.join(operation.derives)} allow {limit:g} s"
                yield Finding("L-stale", service.name, says, "shorten ttl, or set limits.staleness in the intent")


def bounded_queues(design: Design) -> Iterator[Finding]:
    """What waits in a queue is served before its callers give up."""
    for service in design.services:
        node = design.wiring.of_node(service.name)
        queue = node.queue
        callers = [each for each, callee in _service_edges(design) if callee == service.name]
        patience = min(
            (design.wiring.of_edge(f"{each}->{service.name}").timeout for each in callers), default=JOB_EVERY
        )
        if 0 < node.max_age <= patience:
            continue  # what gets older than that is refused, however many wait
        if queue < 0:
            yield Finding(
                "L-queue", service.name, "the queue has no bound", f"queue: {_fitting(service.capacity, patience)}"
            )
        elif service.capacity is not None:
            waits = queue * service.capacity.service_time / service.capacity.slots
            if waits > patience:
                says = f"a full queue takes {waits:g} s, callers wait {patience:g} s"
                yield Finding("L-queue", service.name, says, f"queue: {_fitting(service.capacity, patience)}")


def no_abandoned_work(design: Design) -> Iterator[Finding]:
    """Nobody works on for callers that have left and try again; a design refuses nobody at the door for good."""
    for service in design.services:
        node = design.wiring.of_node(service.name)
        if node.shed > 0:
            says = f"refuses {node.shed:.0%} of all requests"
            yield Finding("L-shed", service.name, says, "shed: 0; shedding is for an overload, not for a design")
        if node.cancel:
            continue
        for caller, callee in _service_edges(design):
            policy = design.wiring.of_edge(f"{caller}->{callee}")
            if callee == service.name and _retries(policy) and not policy.deadline:
                says = f"{callee} works on for attempts that {caller} has given up and tries again"
                yield Finding("L-waste", f"{caller}->{callee}", says, f"cancel: true for {callee}, or deadline: true")


def one_retrying_layer(design: Design) -> Iterator[Finding]:
    """At most one layer of a path tries again without a budget: layers multiply."""
    seen: set[tuple[Hop, ...]] = set()
    for path in paths(design):
        loose = tuple(hop for hop in path if _unbudgeted(design.wiring.of_edge(hop.edge)))
        retrying = [hop for hop in path if _retries(design.wiring.of_edge(hop.edge))]
        if loose and len(retrying) > 1 and tuple(retrying) not in seen:
            seen.add(tuple(retrying))
            names = " and ".join(hop.edge for hop in retrying)
            yield Finding("L-multi", retrying[0].edge, f"{names} both try again", f"give {loose[0].edge} a budget")


def no_amplification(design: Design) -> Iterator[Finding]:
    """Retries cannot hold a service above what it carries once it is there (metastable overload)."""
    for workload in design.workloads:
        for service in design.services:
            if service.capacity is None:
                continue
            found = visits(design, workload, service.name)
            carries = service.capacity.slots / service.capacity.service_time
            full, amplified = found.rate / carries, found.amplified / carries
            where = f"{service.name} under {workload.id}"
            if full >= 1:
                says = f"gets {found.rate:.0f} calls/s and carries {carries:.0f}"
                yield Finding("L-amp", where, says, "declare more capacity or less load")
            elif amplified > MARGIN and not found.braked:
                says = f"{full:.2f} full, {amplified:.2f} with retries, and nothing brakes"
                yield Finding("L-amp", where, says, "budget the retries, pass deadlines on, or bound the queue")


RULES: tuple[Callable[[Design], Iterator[Finding]], ...] = (
    one_owner,
    processes,
    nested_timeouts,
    time_for_objective,
    safe_retries,
    fresh_caches,
    bounded_queues,
    no_abandoned_work,
    one_retrying_layer,
    no_amplification,
)


def _service_edges(design: Design) -> list[tuple[str, str]]:
    names = {each.name for each in design.services}
    return [(caller, callee) for caller, callee in design.edges if callee in names]


def _attempts_take(policy: EdgePolicy) -> float:
    again = policy.retry.max if policy.retry is not None else 0
    backoff = sum(policy.retry.backoff * 2**each for each in range(again)) if policy.retry is not None else 0.0
    return (1 + again) * policy.timeout + backoff


def _retries(policy: EdgePolicy) -> bool:
    return policy.retry is not None and policy.retry.max > 0


def _unbudgeted(policy: EdgePolicy) -> bool:
    return policy.retry is not None and policy.retry.max > 0 and policy.retry.budget == 0


def _service_time(design: Design, service: str, operation: ServiceOperation) -> float:
    declared = design.service(service).capacity
    own = declared.service_time if declared is not None else UNDECLARED
    for call in operation.calls:
        if call.queued:
            continue  # nobody waits for it
        below = next(each for each in design.service(call.service).operations if each.name == call.operation)
        own += call.times * _service_time(design, call.service, below)
    return own


def _fitting(capacity: object, patience: float) -> int:
    slots, time = getattr(capacity, "slots", 8), getattr(capacity, "service_time", 0.01)
    return max(1, min(64, int(patience / 2 * slots / time)))
