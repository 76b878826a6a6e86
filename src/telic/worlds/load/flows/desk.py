"""Turns planned requests into asks: finds the flow of each operation of the intent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from telic.errors import InvalidDesign
from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Ask
from telic.worlds.load.flows.base import Flow
from telic.worlds.load.flows.complete import Complete
from telic.worlds.load.flows.count_by_ref import CountByRef
from telic.worlds.load.flows.create import Create
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.flows.find_by_prefix import FindByPrefix
from telic.worlds.load.flows.find_similar import FindSimilar
from telic.worlds.load.flows.geo_search import GeoSearch
from telic.worlds.load.flows.link import Link, Unlink
from telic.worlds.load.flows.list_by_ref import ListByRef
from telic.worlds.load.flows.list_shown import ListShown
from telic.worlds.load.flows.publish import Publish
from telic.worlds.load.flows.reserve import Reserve
from telic.worlds.load.flows.transition import Transition
from telic.worlds.load.flows.upload import Tune, Upload
from telic.worlds.load.plan import Planned

__all__ = ["Desk", "Flow", "open_desk"]


class Desk:
    """Every flow of a workload, by the id that its mix uses."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows

    def ask(self, planned: Planned) -> Ask:
        """Return what the user of a planned request asks."""
        return self._flows[planned.operation].ask(planned)

    def flows(self) -> tuple[Flow, ...]:
        """Return every flow once."""
        return tuple({id(each): each for each in self._flows.values()}.values())


def open_desk(beliefs: Beliefs, ids: Iterable[str]) -> Desk:
    """Return the flows of the operations in `ids` (``F1``, ``F7.create``), ready to ask.

    Raises
    ------
    InvalidDesign
        An id that the intent does not have, or a kind of operation that nobody can use without knowing more.
    """
    opening = _Opening(beliefs)
    flows = {each: opening.flow(_operation(beliefs, each)) for each in ids}
    beliefs.settle()
    return Desk(flows)


class _Opening:
    """Makes flows that share what they know: one of each operation."""

    def __init__(self, beliefs: Beliefs) -> None:
        self._beliefs = beliefs
        self._made: dict[str, Flow] = {}

    def flow(self, operation: Operation) -> Flow:
        if operation.id not in self._made:
            if operation.kind not in _KINDS:
                raise InvalidDesign(
                    f"{operation.id} {operation.name} is {operation.kind}: the load cannot know what is right",
                    hint="take it out of the workload's mix",
                )
            self._made[operation.id] = _KINDS[operation.kind](self, operation)
        return self._made[operation.id]

    def accounts(self, operation: Operation) -> Crud | None:
        """Return the flow that makes the users who may ask for `operation`; None where anybody may."""
        if operation.auth != "self":
            return None
        for each in self._beliefs.knowledge.intent.operations:
            fields = self._beliefs.knowledge.intent.entity(each.on).fields
            if each.kind == "crud" and any(field.type.base == "secret" for field in fields):
                flow = self.flow(each)
                assert isinstance(flow, Crud)
                return flow
        raise InvalidDesign(
            f"{operation.id} {operation.name}: nobody can prove to be the user", hint="add a crud operation on accounts"
        )

    def before(self, operation: Operation) -> Flow | None:
        """Return the flow that leads to the start of a transition's edge; None when there is none."""
        intent = self._beliefs.knowledge.intent
        start = operation.edge[0] if operation.edge else ""
        for each in intent.operations:
            if each.on != operation.on or each.id == operation.id:
                continue
            if each.kind == "transition" and each.edge and each.edge[1] == start:
                return self.flow(each)
            initial = {machine.initial for machine in intent.states if operation.edge in machine.edges}
            if each.kind == "reserve" and start in initial:
                return self.flow(each)
        return None

    def links(self, operation: Operation) -> Link | None:
        """Return the flow that makes the links which `operation` removes; None when there is none."""
        for each in self._beliefs.knowledge.intent.operations:
            if each.kind == "link" and each.on == operation.on:
                flow = self.flow(each)
                assert isinstance(flow, Link)
                return flow
        return None

    def uploads(self, operation: Operation) -> Upload:
        """Return the flow that makes what `operation` learns from."""
        intent = self._beliefs.knowledge.intent
        targets = {each.type.target for each in intent.entity(operation.on).fields}
        flow = self.flow(next(each for each in intent.operations if each.kind == "upload" and each.on in targets))
        assert isinstance(flow, Upload)
        return flow

    def listing(self, operation: Operation) -> Flow:
        """Return the flow of a list: of things, or of what they refer to."""
        made = ListShown if operation.show else ListByRef
        return made(operation, self._beliefs, self.accounts(operation))


_KINDS: dict[str, Callable[[_Opening, Operation], Flow]] = {
    "geo_search": lambda opening, operation: GeoSearch(operation, opening._beliefs),
    "reserve": lambda opening, operation: Reserve(operation, opening._beliefs),
    "transition": lambda opening, operation: Transition(operation, opening._beliefs, opening.before(operation)),
    "list_by_ref": lambda opening, operation: opening.listing(operation),
    "count_by_ref": lambda opening, operation: CountByRef(operation, opening._beliefs, opening.accounts(operation)),
    "find_by_prefix": lambda opening, operation: FindByPrefix(operation, opening._beliefs),
    "link": lambda opening, operation: Link(operation, opening._beliefs, opening.accounts(operation)),
    "unlink": lambda opening, operation: Unlink(operation, opening._beliefs, opening.links(operation)),
    "publish": lambda opening, operation: Publish(operation, opening._beliefs),
    "create": lambda opening, operation: Create(operation, opening._beliefs, opening.accounts(operation)),
    "complete": lambda opening, operation: Complete(operation, opening._beliefs),
    "upload": lambda opening, operation: Upload(operation, opening._beliefs),
    "tune": lambda opening, operation: Tune(operation, opening._beliefs, opening.uploads(operation)),
    "find_similar": lambda opening, operation: FindSimilar(operation, opening._beliefs),
    "crud": lambda opening, operation: Crud(operation, opening._beliefs),
}


def _operation(beliefs: Beliefs, id_: str) -> Operation:
    try:
        return beliefs.knowledge.intent.operation(id_)
    except StopIteration:
        raise InvalidDesign(
            f"the workload asks for {id_}, which the intent does not have", hint="see its mix"
        ) from None
