"""The step that an operation asks another service for: record a thing once for each thing it refers to."""

from __future__ import annotations

from telic.design.draft import Draft
from telic.design.fields import internal, reference
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.intent import EntityType, Operation


def charge(draft: Draft, op: Operation, asking: str) -> OperationPlan:
    """Let the service named in ``calls`` record one of its things, once for each `op.on`.

    Fields that `op.on` has too, with the same name and type, are copied.
    """
    service, _, name = op.calls.partition(".")
    entity = _recorded(draft, op, service)
    if service == asking or not name:
        raise InvalidDesign(
            f"{op.id} {op.name}: calls {op.calls!r} must name an operation of another service",
            hint="such as calls: payment.charge",
        )
    link = reference(draft, op, entity.name, op.on)
    money = [each for each in entity.fields if each.type.base == "money"]
    copied = [each for each in entity.fields if each in draft.intent.entity(op.on).fields and each not in money]
    rest = [each for each in entity.fields if each not in (link, *money, *copied)]
    if rest or len(money) > 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: nothing says what {entity.name}.{(rest or money)[-1].name} is in {op.calls}",
            hint=f"keep a reference to {op.on}, fields that {op.on} has too and one of type money in {entity.name}",
        )
    one, many = snake(entity.name), plural(snake(entity.name))
    draft.index(entity.name, Index(f"{many}_once", f"{link.name}_id", unique=True))
    record = internal(
        name,
        op,
        (link, *copied, *money),
        (),
        statements=(f"{service}.insert_{one}",),
        mutating=True,
        idempotent=True,
    )
    return draft.add(
        OperationPlan(
            service=service,
            operation=record,
            shape="charge",
            about=f"Record one {one} for a {link.name}, however often it is asked for.",
            entity=entity.name,
            needs=("store", "ids"),
            facts={
                "entity": entity.name,
                "link": link.name,
                "copied": [each.name for each in copied],
                "money": money[0].name if money else "",
            },
            uses={many: frozenset({"SELECT", "INSERT", "UPDATE"})},
        )
    )


def _recorded(draft: Draft, op: Operation, service: str) -> EntityType:
    owned = [each for each in draft.intent.entities if each.owner == service]
    found = [
        each for each in owned if any(field.type.base == "ref" and field.type.target == op.on for field in each.fields)
    ]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: calls {op.calls}, but {len(found)} entities of {service} refer to {op.on}",
            hint=f"give exactly one entity of {service} a field of type ref({op.on})",
        )
    return found[0]
