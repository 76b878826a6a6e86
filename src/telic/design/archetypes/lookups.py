"""Operations that several archetypes ask of an owner: get one thing, see whether things exist."""

from __future__ import annotations

from telic.design.draft import Draft
from telic.design.fields import entity_field, errors, internal, owner_of
from telic.design.naming import plural, snake
from telic.design.plan import OperationPlan
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation

READ = frozenset({"SELECT"})
MOST_ASKED = 100  # things that one request asks for by their keys [1]


def get(draft: Draft, op: Operation, entity: str, *, asking: str) -> OperationPlan:
    """Let the owner of `entity` return one by its key to the service `asking`."""
    owner, one = owner_of(draft, op, entity, apart_from=asking), snake(entity)
    name = "get" if _alone(draft, entity) else f"get_{one}"
    request = (Field(one, FieldType("ref", target=entity)),)
    record = internal(name, op, request, (), statements=(f"{owner}.{one}_by_key",), raises=errors(op, "not_found"))
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="get",
            about=f"One {one} by its key.",
            entity=entity,
            needs=("store",),
            facts={"entity": entity},
            uses={plural(one): READ},
        )
    )


def get_many(draft: Draft, op: Operation, entity: str, *, asking: str) -> OperationPlan:
    """Let the owner of `entity` return those of some keys that there are to the service `asking`."""
    owner, many = owner_of(draft, op, entity, apart_from=asking), plural(snake(entity))
    record = internal(
        "get_many" if _alone(draft, entity) else f"get_{many}",
        op,
        (Field(many, FieldType("ref", target=entity, maximum=MOST_ASKED, many=True)),),
        (entity_field(entity, many=True),),
        statements=(f"{owner}.{many}_by_keys",),
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="get_many",
            about=f"Those {many} of some keys that there are.",
            entity=entity,
            needs=("store",),
            facts={"entity": entity},
            uses={many: READ},
        )
    )


def exists(draft: Draft, op: Operation, entity: str, *, asking: str) -> OperationPlan:
    """Let the owner of `entity` say whether one exists to the service `asking`."""
    owner, one = owner_of(draft, op, entity, apart_from=asking), snake(entity)
    name = "exists" if _alone(draft, entity) else f"{one}_exists"
    record = internal(
        name,
        op,
        (Field(one, FieldType("ref", target=entity)),),
        (Field("found", FieldType("bool")),),
        statements=(f"{owner}.{one}_exists",),
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="exists",
            about=f"Whether there is such a {one}.",
            needs=("store",),
            facts={"entity": entity},
            uses={plural(one): READ},
        )
    )


def checked_references(draft: Draft, op: Operation, fields: tuple[Field, ...], *, asking: str) -> list[dict[str, str]]:
    """Return the references in `fields` that the plan has to check, for an operation that may answer ``not_found``."""
    if "not_found" not in op.errors:
        return []
    checks = []
    for each in fields:
        if each.type.base == "ref":
            plan = exists(draft, op, each.type.target, asking=asking)
            checks.append(
                {
                    "field": each.name,
                    "one": snake(each.type.target),
                    "service": plan.service,
                    "operation": plan.name,
                    "request": plan.request,
                }
            )
    return checks


def check_calls(checks: list[dict[str, str]]) -> tuple[Call, ...]:
    """Return the calls that `checks` make."""
    return tuple(Call(each["service"], each["operation"]) for each in checks)


def _alone(draft: Draft, entity: str) -> bool:
    owner = draft.intent.entity(entity).owner
    return sum(each.owner == owner for each in draft.intent.entities) == 1
