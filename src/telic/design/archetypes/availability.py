"""How much of a stock is taken: asked by searches of the service that reserves it."""

from __future__ import annotations

from typing import TypedDict

from telic.design.archetypes.reserve import reservation
from telic.design.draft import FACADE, Draft
from telic.design.fields import internal, owner_of, the_input
from telic.design.plan import OperationPlan
from telic.errors import InvalidDesign
from telic.model.intent import Field, FieldType, Operation


class Availability(TypedDict):
    """What a search needs to filter by availability."""

    plan: OperationPlan
    days: str  # the search's input
    stock: str  # the stock field of the entity searched for
    things: str  # the request's field for what is asked about


def availability(draft: Draft, op: Operation) -> Availability:
    """Let the service that reserves the stock of `op.on` say how much of it is taken on given days."""
    reserve = draft.reserving(op.on)
    if reserve is None:
        raise InvalidDesign(
            f"{op.id} {op.name}: filter availability, but no operation reserves a stock of {op.on}",
            hint=f"add an operation of kind reserve with stock: {op.on}.<field>, or drop the filter",
        )
    facts = reservation(draft, reserve)
    if not facts.days:
        raise InvalidDesign(
            f"{op.id} {op.name}: filter availability asks for days, {reserve.on} has none",
            hint=f"give {reserve.on} a field of type daterange, or drop the filter",
        )
    owner = owner_of(draft, op, reserve.on, apart_from=FACADE)
    things = FieldType("ref", target=op.on, maximum=100, many=True)
    request = (Field(facts.things, things), Field("days", FieldType("daterange")))
    record = internal(
        "availability",
        op,
        request,
        (Field("taken", FieldType("int", many=True)),),
        statements=(f"{owner}.taken_{facts.stock_table}",),
    )
    plan = draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="availability",
            about=f"How many {facts.quantity} are taken at most on any of the days, by {facts.thing}.",
            needs=("store",),
            facts={"reservation": facts},
            uses={facts.stock_table: frozenset({"SELECT"})},
        )
    )
    return {"plan": plan, "days": the_input(op, "daterange").name, "stock": facts.stock_field, "things": facts.things}
