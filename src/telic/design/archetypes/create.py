"""``create``: keep a new thing, when what it requires holds."""

from __future__ import annotations

import re

from telic.design.archetypes import lookups
from telic.design.draft import Draft
from telic.design.fields import errors, inputs, internal, owner_of
from telic.design.naming import plural, snake
from telic.design.plan import Column, Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import EntityType, Field, FieldType, Operation

REQUIRES = re.compile(r"has_([a-z0-9]+)_([a-z0-9_]+)\(([a-z0-9_, ]+)\)")
"""``has_<state>_<entity>(<reference>, ...)``, the one form of precondition that needs no written logic."""


def create(draft: Draft, op: Operation) -> None:
    """Add the owner's create, its precondition and the checks of its references."""
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    fields = inputs(draft, op)
    required = _required(draft, op, fields, owner) if op.requires else None
    rest = fields if required is None else ()
    checks = lookups.checked_references(draft, op, rest, asking=owner)
    if op.idempotent:
        draft.hide(op.on, Column("request_key", "TEXT"))
        draft.index(op.on, Index(f"{many}_request_key", "request_key", unique=True))
    calls = ((Call(required.service, required.name),) if required else ()) + lookups.check_calls(checks)
    implied = ["not_allowed"] if required else ["not_found"] if checks else []
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=calls,
        statements=(f"{owner}.insert_{one}",),
        raises=errors(op, *implied),
        mutating=True,
        idempotent=False,
    )
    services = [*([required.service] if required else []), *(each["service"] for each in checks)]
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="create",
            about=f"Keep a new {one}.",
            auth=op.auth == "self",
            entity=op.on,
            needs=("store", *dict.fromkeys(services), "ids"),
            facts={
                "entity": op.on,
                "required": required,
                "checks": checks,
                "keyed": op.idempotent,
                "initial": initial_states(draft, op),
                "self": account(draft, op, fields) if op.auth == "self" else "",
            },
            uses={many: frozenset({"SELECT", "INSERT", *(["UPDATE"] if op.idempotent else [])})},
        )
    )


def add(draft: Draft, op: Operation, fields: tuple[Field, ...], *, asking: str) -> OperationPlan:
    """Let the owner of `op.on` keep one with these fields for the service `asking`, which has checked them."""
    owner, one, many = owner_of(draft, op, op.on, apart_from=asking), snake(op.on), plural(snake(op.on))
    if op.idempotent:
        draft.hide(op.on, Column("request_key", "TEXT"))
        draft.index(op.on, Index(f"{many}_request_key", "request_key", unique=True))
    record = internal(
        f"add_{one}", op, fields, (), statements=(f"{owner}.insert_{one}",), mutating=True, idempotent=False
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="create",
            about=f"Keep a new {one}.",
            entity=op.on,
            needs=("store", "ids"),
            facts={
                "entity": op.on,
                "required": None,
                "checks": [],
                "keyed": op.idempotent,
                "initial": initial_states(draft, op),
                "self": "",
            },
            uses={many: frozenset({"SELECT", "INSERT", *(["UPDATE"] if op.idempotent else [])})},
        )
    )


def _required(draft: Draft, op: Operation, fields: tuple[Field, ...], owner: str) -> OperationPlan:
    found = REQUIRES.fullmatch(op.requires.strip())
    entity = _with_states(draft, found[2]) if found else None
    if found is None or entity is None:
        raise InvalidDesign(
            f"{op.id} {op.name}: requires {op.requires!r} needs written logic",
            hint="write has_<state>_<entity>(<field>, ...), such as has_paid_booking(user, hotel)",
        )
    state, names = found[1], [each.strip() for each in found[3].split(",")]
    given = {each.name for each in fields}
    asked = [each for name in names for each in entity.fields if each.name == name and each.type.base == "ref"]
    states = next(each for each in entity.fields if each.type.base == "state")
    known = {each for edge in draft.machine(states.type.target).edges for each in edge}
    if len(asked) != len(names) or not given.issuperset(names) or state not in known:
        raise InvalidDesign(
            f"{op.id} {op.name}: requires {op.requires!r} does not fit {entity.name}",
            hint=f"states: {', '.join(sorted(known))}; its arguments are fields of both {op.on} and {entity.name}",
        )
    service, many = owner_of(draft, op, entity.name, apart_from=owner), plural(snake(entity.name))
    draft.index(entity.name, Index(f"{many}_by_{'_'.join(names)}", ", ".join(f"{name}_id" for name in names)))
    record = internal(
        _has(draft, service, state, names),
        op,
        tuple(asked),
        (Field("found", FieldType("bool")),),
        statements=(f"{service}.has_{state}_{snake(entity.name)}",),
    )
    return draft.add(
        OperationPlan(
            service=service,
            operation=record,
            shape="has_state",
            about=f"Whether there is a {snake(entity.name)} in state {state}.",
            needs=("store",),
            facts={"entity": entity.name, "state_field": states.name, "state": state, "names": names},
            uses={many: lookups.READ},
        )
    )


def _has(draft: Draft, service: str, state: str, names: list[str]) -> str:
    """Return ``has_paid``, or ``has_paid_by_user`` where ``has_paid`` asks something else already."""
    plain = f"has_{state}"
    taken = draft.find(service, plain)
    return plain if taken is None or taken.facts["names"] == names else f"{plain}_by_{'_'.join(names)}"


def _with_states(draft: Draft, one: str) -> EntityType | None:
    for each in draft.intent.entities:
        if snake(each.name) == one and any(field.type.base == "state" for field in each.fields):
            return each
    return None


def initial_states(draft: Draft, op: Operation) -> dict[str, str]:
    """Return the state that each field of type ``state`` starts with."""
    states = [each for each in draft.intent.entity(op.on).fields if each.type.base == "state"]
    return {each.name: draft.machine(each.type.target).initial for each in states}


def account(draft: Draft, op: Operation, fields: tuple[Field, ...]) -> str:
    """Return the reference to whoever asks, for an operation with ``auth: self``."""
    secret = {each.name for each in draft.intent.entities if any(f.type.base == "secret" for f in each.fields)}
    found = [each.name for each in fields if each.type.base == "ref" and each.type.target in secret]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: auth self needs one reference to whoever asks, it has {len(found)}",
            hint="refer to an entity that has a field of type secret",
        )
    return found[0]
