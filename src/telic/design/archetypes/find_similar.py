"""``find_similar``: the things of a collection whose text is nearest to what somebody asks, nearest first."""

from __future__ import annotations

from telic.design.archetypes.list_by_ref import listed_by
from telic.design.archetypes.lookups import READ
from telic.design.draft import Draft
from telic.design.fields import entity_field, internal, the_field
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.model.intent import Field, FieldType, Operation

MOST = 200  # the newest of a collection that are compared [1]
FOUND = 5  # so many are returned at most [1]
LONGEST = 500  # of what is asked [characters]


def find_similar(draft: Draft, op: Operation) -> None:
    """Add the owner's search by vectors."""
    entity, field, text = draft.intent.entity(op.on), listed_by(draft, op), the_field(draft, op, op.on, "str")
    many = plural(snake(op.on))
    draft.index(op.on, Index(f"{many}_by_{op.by}", f"{field.name}_id, created_at DESC, {entity.key} DESC"))
    record = internal(
        op.name,
        op,
        (field, Field("query", FieldType("str", maximum=LONGEST))),
        (entity_field(op.on, many=True),),
        statements=(f"{entity.owner}.newest_{many}_by_{op.by}",),
    )
    draft.offer(
        OperationPlan(
            service=entity.owner,
            operation=record,
            shape="similar",
            about=f"The {many} of a {op.by} that are nearest to a text, nearest first, {FOUND} at most.",
            entity=op.on,
            needs=("store",),
            facts={
                "entity": op.on,
                "by": op.by,
                "order": "newest",
                "direction": "DESC",
                "page": MOST,
                "text": text.name,
                "found": FOUND,
            },
            uses={many: READ},
            modules=(("similarity", ("nearness", "vector")),),
        )
    )
