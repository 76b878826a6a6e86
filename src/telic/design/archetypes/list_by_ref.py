"""``list_by_ref``: the things that refer to another thing, newest or oldest first."""

from __future__ import annotations

from telic.design.archetypes.lookups import READ
from telic.design.draft import Draft, entity_field, internal
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.intent import Operation

PAGE = 20  # so many things are returned at most [1]


def list_by_ref(draft: Draft, op: Operation) -> None:
    """Add the owner's list; with a staleness limit its answers are cached."""
    entity = draft.intent.entity(op.on)
    field = next((each for each in entity.fields if each.name == op.by and each.type.base == "ref"), None)
    if field is None:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has no reference called {op.by!r}",
            hint=f"by: one of {', '.join(each.name for each in entity.fields if each.type.base == 'ref') or 'none'}",
        )
    many, order = plural(snake(op.on)), op.order or "newest"
    direction = "DESC" if order == "newest" else "ASC"
    draft.index(
        op.on, Index(f"{many}_by_{op.by}", f"{field.name}_id, created_at {direction}, {entity.key} {direction}")
    )
    if draft.intent.staleness.get(op.id, 0.0) > 0:
        draft.cache(entity.owner)
    record = internal(
        op.name,
        op,
        (field,),
        (entity_field(op.on, many=True),),
        statements=(f"{entity.owner}.{order}_{many}_by_{op.by}",),
    )
    draft.offer(
        OperationPlan(
            service=entity.owner,
            operation=record,
            shape="list",
            about=f"The {many} of a {op.by}, {order} first, {PAGE} at most.",
            auth=op.auth == "self",
            entity=op.on,
            needs=("store",),
            facts={
                "entity": op.on,
                "by": op.by,
                "order": order,
                "direction": direction,
                "page": PAGE,
                "self": op.by if op.auth == "self" else "",
            },
            uses={many: READ},
        )
    )
