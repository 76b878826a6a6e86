"""``count_by_ref``: how many things refer to another thing."""

from __future__ import annotations

from telic.design.archetypes.list_by_ref import listed_by
from telic.design.archetypes.lookups import READ
from telic.design.draft import Draft
from telic.design.fields import internal
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.model.intent import Field, FieldType, Operation


def count_by_ref(draft: Draft, op: Operation) -> None:
    """Add the owner's count; with a staleness limit its answers are cached."""
    entity, field = draft.intent.entity(op.on), listed_by(draft, op)
    many = plural(snake(op.on))
    draft.index(op.on, Index(f"{many}_of_{op.by}", f"{field.name}_id"))
    if draft.intent.staleness.get(op.id, 0.0) > 0:
        draft.cache(entity.owner)
    record = internal(
        op.name,
        op,
        (field,),
        (Field("count", FieldType("int", minimum=0.0)),),
        statements=(f"{entity.owner}.count_{many}_by_{op.by}",),
    )
    draft.offer(
        OperationPlan(
            service=entity.owner,
            operation=record,
            shape="count",
            about=f"How many {many} a {op.by} has.",
            auth=op.auth == "self",
            needs=("store",),
            facts={"entity": op.on, "by": op.by, "self": op.by if op.auth == "self" else ""},
            uses={many: READ},
        )
    )
