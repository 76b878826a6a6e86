"""What archetypes ask of an operation and its entity; each part refuses what it cannot plan."""

from __future__ import annotations

from collections.abc import Mapping

from telic.design.draft import Draft
from telic.design.naming import plural, snake
from telic.errors import InvalidDesign
from telic.model.design import Call, ServiceOperation
from telic.model.intent import Field, FieldType, Operation, Verdict


def reference(draft: Draft, op: Operation, entity: str, target: str) -> Field:
    """Return the field of `entity` that refers to `target`; refuse when there is none or more than one."""
    fields = [each for each in draft.intent.entity(entity).fields if each.type.base == "ref"]
    found = [each for each in fields if each.type.target == target]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: {entity} needs exactly one field of type ref({target}), it has {len(found)}",
            hint=f"add 'name: ref({target})' to {entity}, or make the operation kind custom",
        )
    return found[0]


def the_field(draft: Draft, op: Operation, entity: str, base: str) -> Field:
    """Return the only field of `entity` whose type has this base; refuse when there is none or more than one."""
    found = [each for each in draft.intent.entity(entity).fields if each.type.base == base]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.kind} needs one field of type {base} in {entity}, it has {len(found)}",
            hint=f"change the fields of {entity} in the intent",
        )
    return found[0]


def the_input(op: Operation, base: str) -> Field:
    """Return the only input whose type has this base; refuse when there is none or more than one."""
    found = [each for each in op.inputs if each.type.base == base]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.kind} needs one input of type {base}, it has {len(found)}",
            hint="such as in: {at: geo, km: float>0}",
        )
    return found[0]


def inputs(draft: Draft, op: Operation) -> tuple[Field, ...]:
    """Return what a user gives: the intent's ``in``, or the entity's fields that nobody derives."""
    if any(each.type.base == "secret" for each in draft.intent.entity(op.on).fields):
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.kind} cannot keep the secret of {op.on}",
            hint="an operation of kind crud hashes it",
        )
    if op.inputs:
        return op.inputs
    return tuple(each for each in draft.intent.entity(op.on).fields if each.type.base != "state")


def errors(op: Operation, *implied: str) -> dict[str, Verdict]:
    """Return the business errors that a plan can raise, with the intent's verdict, else ``bad``."""
    return {name: op.errors.get(name, "bad") for name in implied}


def owner_of(draft: Draft, op: Operation, entity: str, *, apart_from: str) -> str:
    """Return the service that owns `entity`; refuse where a plan needs two services and finds one."""
    owner = draft.intent.entity(entity).owner
    if owner == apart_from:
        raise InvalidDesign(
            f"{op.id} {op.name}: service {owner} owns both sides of the call that {op.kind} makes to {entity}",
            hint=f"give {entity} an owner of its own",
        )
    return owner


def entity_field(entity: str, *, many: bool) -> Field:
    """Return the reply field that carries whole entities."""
    name = plural(snake(entity)) if many else snake(entity)
    return Field(name, FieldType("entity", target=entity, many=many))


def internal(
    name: str,
    op: Operation,
    request: tuple[Field, ...],
    reply: tuple[Field, ...],
    *,
    calls: tuple[Call, ...] = (),
    statements: tuple[str, ...] = (),
    raises: Mapping[str, Verdict] | None = None,
    mutating: bool = False,
    idempotent: bool = True,
) -> ServiceOperation:
    """Return the record of an operation that derives from `op`."""
    return ServiceOperation(name, (op.id,), request, reply, dict(raises or {}), mutating, idempotent, calls, statements)
