"""``find_by_prefix``: things whose text begins with what somebody has typed so far, in the order of that text."""

from __future__ import annotations

from telic.design.archetypes.lookups import READ
from telic.design.draft import Draft
from telic.design.fields import entity_field, internal
from telic.design.naming import column, plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.intent import Field, FieldType, Operation

PAGE = 20  # so many things are returned at most [1]
LONGEST = 40  # of a prefix [characters]


def find_by_prefix(draft: Draft, op: Operation) -> None:
    """Add the owner's search; capital letters of ASCII count as small ones. With a staleness limit it is cached."""
    entity = draft.intent.entity(op.on)
    texts = [each.name for each in entity.fields if each.type.base == "str"]
    if op.by not in texts:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has no text called {op.by!r}", hint=f"by: one of {', '.join(texts) or 'none'}"
        )
    many = plural(snake(op.on))
    draft.index(op.on, Index(f"{many}_by_{op.by}_prefix", f'lower({column(op.by)} COLLATE "C")'))
    if draft.intent.staleness.get(op.id, 0.0) > 0:
        draft.cache(entity.owner)
    record = internal(
        op.name,
        op,
        (Field("prefix", FieldType("str", maximum=LONGEST)),),
        (entity_field(op.on, many=True),),
        statements=(f"{entity.owner}.{many}_by_{op.by}_prefix",),
    )
    draft.offer(
        OperationPlan(
            service=entity.owner,
            operation=record,
            shape="prefix",
            about=f"The {many} whose {op.by} begins with a prefix, in its order, {PAGE} at most.",
            entity=op.on,
            needs=("store",),
            facts={"entity": op.on, "by": op.by, "page": PAGE},
            uses={many: READ},
        )
    )
