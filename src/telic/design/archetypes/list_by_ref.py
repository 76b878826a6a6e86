"""``list_by_ref``: the things that refer to another thing, newest or oldest first, or what else they refer to."""

from __future__ import annotations

from telic.design.archetypes import lookups
from telic.design.draft import Draft
from telic.design.fields import entity_field, internal
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import Field, Operation

PAGE = 20  # so many things are returned at most [1]


def list_by_ref(draft: Draft, op: Operation) -> None:
    """Add the owner's list; with a staleness limit it is cached. What `show` names is asked of its own owner."""
    entity, field = draft.intent.entity(op.on), listed_by(draft, op)
    shown = _reference(draft, op, op.show, "show") if op.show else None
    many, order = plural(snake(op.on)), op.order or "newest"
    direction = "DESC" if order == "newest" else "ASC"
    draft.index(
        op.on, Index(f"{many}_by_{op.by}", f"{field.name}_id, created_at {direction}, {entity.key} {direction}")
    )
    if draft.intent.staleness.get(op.id, 0.0) > 0:
        draft.cache(entity.owner)
    look = lookups.get_many(draft, op, shown.type.target, asking=entity.owner) if shown else None
    target = shown.type.target if shown else op.on
    record = internal(
        op.name,
        op,
        (field,),
        (entity_field(target, many=True),),
        calls=(Call(look.service, look.name),) if look else (),
        statements=(f"{entity.owner}.{order}_{many}_by_{op.by}",),
    )
    facts: dict[str, object] = {
        "entity": op.on,
        "by": op.by,
        "order": order,
        "direction": direction,
        "page": PAGE,
        "self": op.by if op.auth == "self" else "",
    }
    what = f"{plural(snake(target))} of the {many}" if look else many
    draft.offer(
        OperationPlan(
            service=entity.owner,
            operation=record,
            shape="list_shown" if look else "list",
            about=f"The {what} of a {op.by}, {order} first, {PAGE} at most.",
            auth=op.auth == "self",
            entity=target,
            needs=("store", look.service) if look else ("store",),
            facts={**facts, "show": op.show, "look": look} if look else facts,
            uses={many: lookups.READ},
        )
    )


def listed_by(draft: Draft, op: Operation) -> Field:
    """Return the reference that an operation asks by."""
    return _reference(draft, op, op.by, "by")


def _reference(draft: Draft, op: Operation, name: str, key: str) -> Field:
    references = [each for each in draft.intent.entity(op.on).fields if each.type.base == "ref"]
    found = next((each for each in references if each.name == name), None)
    if found is None:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has no reference called {name!r}",
            hint=f"{key}: one of {', '.join(each.name for each in references) or 'none'}",
        )
    return found
