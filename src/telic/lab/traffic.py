"""Which places of a design users pass, and how many of them: where harm is certain to be felt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telic.errors import InvalidDesign
from telic.model import Design, ServiceOperation

CERTAIN_SHARE = 0.05  # of all user requests [1]; below it one second may hold too few to call it harm
_DEPTH = 12  # calls below the entry [1]; the lints refuse cycles, a broken design must not hang us


@dataclass(frozen=True)
class Place:
    """A service, an edge, an operation (``hotel.near``) or a statement (``hotel.hotels_in_box``)."""

    kind: str  # service | edge | operation | statement
    name: str


@dataclass(frozen=True)
class Traffic:
    """Who passes where under one workload.

    Attributes
    ----------
    shares
        Operations of the entry service to their share of user requests [1].
    passes
        Places to the operations of the entry whose every request passes them.
    calls
        Places to calls for one average user request [1].
    """

    entry: str
    rate: float  # user requests [1/s]
    shares: Mapping[str, float]
    passes: Mapping[Place, frozenset[str]]
    calls: Mapping[Place, float]

    def share(self, place: Place) -> float:
        """Return the share of user requests that certainly pass `place` [1]."""
        return sum(self.shares[each] for each in self.passes.get(place, frozenset()))

    def popular(self, kind: str) -> tuple[str, ...]:
        """Return the names of all places of `kind` where harm is certain to be felt.

        The entry is left out, unless it is the only service.
        """
        alone = all(place.kind != "service" or place.name == self.entry for place in self.passes)
        return tuple(
            sorted(
                place.name
                for place in self.passes
                if place.kind == kind and (alone or place.name != self.entry) and self.share(place) >= CERTAIN_SHARE
            )
        )

    def beside(self, operations: frozenset[str]) -> tuple[str, ...]:
        """Return the services that none of `operations` (of the entry) passes."""
        return tuple(
            sorted(
                place.name
                for place, passing in self.passes.items()
                if place.kind == "service" and place.name != self.entry and not passing & operations
            )
        )


def traffic(design: Design, workload: str = "") -> Traffic:
    """Follow the call plans of `design` under a workload (id or name; default: its first)."""
    known = [each for each in design.workloads if not workload or workload in (each.id, each.name)]
    if not known:
        raise InvalidDesign(f"{design.system} has no workload {workload!r}", hint="name one of the intent's workloads")
    chosen = known[0]
    weights = _entry_weights(design, chosen.mix)
    passes: dict[Place, set[str]] = {}
    calls: dict[Place, float] = {}
    walk = _Walk(design, passes, calls)
    for operation, weight in weights.items():
        walk.follow(design.entry, operation, user=operation, times=weight, certain=True, depth=0)
    frozen = {place: frozenset(users) for place, users in passes.items()}
    return Traffic(design.entry, chosen.rate, weights, frozen, calls)


def _entry_weights(design: Design, mix: Mapping[str, float]) -> dict[str, float]:
    total = sum(mix.values()) or 1.0
    weights: dict[str, float] = {}
    for id_, weight in mix.items():
        found = [each.name for each in design.service(design.entry).operations if _derives(each, id_)]
        for name in found:
            weights[name] = weights.get(name, 0.0) + weight / total / len(found)
    return weights


def _derives(operation: ServiceOperation, id_: str) -> bool:
    return any(each == id_ or each.startswith(f"{id_}.") or id_.startswith(f"{each}.") for each in operation.derives)


@dataclass(frozen=True)
class _Walk:
    """Adds up what one call plan after the other touches."""

    design: Design
    passes: dict[Place, set[str]]
    calls: dict[Place, float]

    def follow(self, service: str, operation: str, *, user: str, times: float, certain: bool, depth: int) -> None:
        """Note one operation and everything below it."""
        plan = next((each for each in self.design.service(service).operations if each.name == operation), None)
        if plan is None or depth > _DEPTH:
            return
        self._note(Place("service", service), user, times, certain)
        self._note(Place("operation", f"{service}.{operation}"), user, times, certain)
        for statement in plan.statements:
            self._note(Place("statement", statement), user, times, certain)
        if plan.statements:
            self._note(Place("edge", f"{service}->postgres"), user, times, certain)
        for call in plan.calls:
            sure = certain and call.when == "always" and call.times >= 1
            hop = "nats" if call.queued else call.service
            self._note(Place("edge", f"{service}->{hop}"), user, times * call.times, sure)
            self.follow(
                call.service, call.operation, user=user, times=times * call.times, certain=sure, depth=depth + 1
            )

    def _note(self, place: Place, user: str, times: float, certain: bool) -> None:
        self.calls[place] = self.calls.get(place, 0.0) + times
        self.passes.setdefault(place, set())
        if certain:
            self.passes[place].add(user)
