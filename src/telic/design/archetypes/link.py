"""``link`` and ``unlink``: an edge between two things, such as who follows whom; there is one at most."""

from __future__ import annotations

from telic.design.archetypes import lookups
from telic.design.archetypes.charge import charge
from telic.design.archetypes.create import account, initial_states
from telic.design.draft import Draft
from telic.design.fields import errors, inputs, internal
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation


def link(draft: Draft, op: Operation) -> None:
    """Add the owner's link, the checks of its ends and, with ``calls``, what another owner records of it."""
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    fields, ends = inputs(draft, op), link_ends(draft, op)
    checks = lookups.checked_references(draft, op, ends, asking=owner)
    called = charge(draft, op, owner) if op.calls else None
    calls = (*lookups.check_calls(checks), *((Call(called.service, called.name),) if called else ()))
    services = [*(each["service"] for each in checks), *([called.service] if called else [])]
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=calls,
        statements=(f"{owner}.link_{one}",),
        raises=errors(op, *(["not_found"] if checks else [])),
        mutating=True,
        idempotent=True,
    )
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="link",
            about=f"Keep a {one} between two things, once however often it is asked for.",
            auth=op.auth == "self",
            entity=op.on,
            needs=("store", *dict.fromkeys(services), "ids"),
            facts={
                "entity": op.on,
                "ends": [each.name for each in ends],
                "checks": checks,
                "called": called,
                "initial": initial_states(draft, op),
                "self": account(draft, op, fields) if op.auth == "self" else "",
            },
            uses={many: frozenset({"SELECT", "INSERT", "UPDATE"})},
        )
    )


def unlink(draft: Draft, op: Operation) -> None:
    """Add the owner's removal of a link."""
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    ends = link_ends(draft, op)
    record = internal(
        op.name,
        op,
        ends,
        (Field("removed", FieldType("bool")),),
        statements=(f"{owner}.unlink_{one}",),
        mutating=True,
        idempotent=True,
    )
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="unlink",
            about=f"Remove the {one} between two things; whether there was one.",
            auth=op.auth == "self",
            needs=("store",),
            facts={
                "entity": op.on,
                "ends": [each.name for each in ends],
                "self": account(draft, op, ends) if op.auth == "self" else "",
            },
            uses={many: frozenset({"SELECT", "DELETE"})},
        )
    )


def link_ends(draft: Draft, op: Operation) -> tuple[Field, ...]:
    """Return the two references of a link, and let its table have each pair once."""
    ends = tuple(each for each in draft.intent.entity(op.on).fields if each.type.base == "ref")
    if len(ends) != 2:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has {len(ends)} references, a link has two ends",
            hint="fields such as {follower: ref(User), followed: ref(User)}",
        )
    draft.index(op.on, Index(f"{plural(snake(op.on))}_ends", ", ".join(f"{each.name}_id" for each in ends), True))
    return ends
