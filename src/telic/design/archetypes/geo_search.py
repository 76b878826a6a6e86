"""``geo_search``: things near a point or near another thing, nearest first, filtered by availability."""

from __future__ import annotations

from dataclasses import replace

from telic.design.archetypes import lookups
from telic.design.archetypes.availability import availability
from telic.design.draft import FACADE, Draft
from telic.design.fields import entity_field, errors, internal, owner_of, the_field, the_input
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation

MOST_KM = 50.0  # a wider circle is refused: it would read a whole table [km]
MOST_FOUND = 20  # the nearest so many things are returned [1]


def geo_search(draft: Draft, op: Operation) -> None:
    """Add the facade's search, the owner's ``near`` and what else the search asks for."""
    fields = tuple(_bounded(each) for each in op.inputs)
    radius = the_input(op, "float")
    near = _near(draft, op)
    facts: dict[str, object] = {"near": near, "radius": radius.name, "place": "", "start": None, "free": None}
    calls, needs, raises = [], [], errors(op)
    if any(each.type.base == "geo" for each in fields):
        facts["place"] = the_input(op, "geo").name
    else:
        start = the_input(op, "ref")
        get = lookups.get(draft, op, start.type.target, asking=FACADE)
        place = the_field(draft, op, start.type.target, "geo")
        facts["start"] = {"plan": get, "field": start.name, "place": place.name}
        calls.append(Call(get.service, get.name))
        needs.append(get.service)
        raises = errors(op, "not_found")
    calls.append(Call(near.service, near.name))
    needs.append(near.service)
    if op.filter == "availability":
        facts["free"] = availability(draft, op)
        plan = facts["free"]["plan"]  # type: ignore[index]
        calls.append(Call(plan.service, plan.name))
        needs.append(plan.service)
    record = internal(op.name, op, fields, (entity_field(op.on, many=True),), calls=tuple(calls), raises=raises)
    draft.offer(
        OperationPlan(
            service=FACADE,
            operation=record,
            shape="search",
            about=_about(op),
            entity=op.on,
            needs=tuple(dict.fromkeys(needs)),
            facts=facts,
        )
    )


def _near(draft: Draft, op: Operation) -> OperationPlan:
    place = the_field(draft, op, op.on, "geo")
    owner, many = owner_of(draft, op, op.on, apart_from=FACADE), plural(snake(op.on))
    located = [
        each
        for each in draft.intent.entities
        if each.owner == owner and any(field.type.base == "geo" for field in each.fields)
    ]
    request = (
        Field("at", FieldType("geo")),
        Field("km", FieldType("float", minimum=0.0, maximum=MOST_KM, exclusive=True)),
    )
    record = internal(
        "near" if len(located) == 1 else f"near_{many}",
        op,
        request,
        (entity_field(op.on, many=True),),
        statements=(f"{owner}.{many}_in_cells",),
    )
    draft.index(op.on, Index(f"{many}_by_{place.name}_cell", f"{place.name}_cell"))
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="near",
            about=f"The {many} within a circle, nearest first, {MOST_FOUND} at most.",
            entity=op.on,
            needs=("store",),
            facts={"entity": op.on, "place": place.name, "most": MOST_FOUND},
            uses={many: lookups.READ},
        )
    )


def _bounded(field: Field) -> Field:
    if field.type.base != "float":
        return field
    return replace(field, type=replace(field.type, maximum=min(field.type.maximum or MOST_KM, MOST_KM)))


def _about(op: Operation) -> str:
    many = plural(snake(op.on))
    return f"The {many} near a place" + (" that have room on all of the days." if op.filter else ".")
