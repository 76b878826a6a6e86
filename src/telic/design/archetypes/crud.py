"""``crud``: create, read, change and delete things; accounts also log in, and each sees only itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from telic.design.archetypes.lookups import READ
from telic.design.draft import Draft
from telic.design.fields import errors, internal, the_field
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.intent import Field, FieldType, Operation


def crud(draft: Draft, op: Operation) -> None:
    """Add the operations ``create_X``, ``get_X``, ``update_X``, ``delete_X`` and, for accounts, ``login_X``."""
    fields = draft.intent.entity(op.on).fields
    if any(each.name == snake(op.on) for each in fields):
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has a field called {snake(op.on)}, which is what requests call its key",
            hint="rename the field in the intent",
        )
    secret = any(each.type.base == "secret" for each in fields)
    for plan in _account(draft, op) if secret else _plain(draft, op):
        derives = (op.id, f"{op.id}.{plan.operation.name.partition('_')[0]}")
        draft.offer(replace(plan, operation=replace(plan.operation, derives=derives)))


def _plain(draft: Draft, op: Operation) -> Iterable[OperationPlan]:
    fields = tuple(each for each in draft.intent.entity(op.on).fields if each.type.base != "state")
    yield _plan(draft, op, "create", fields, needs=("store", "ids"), writes="INSERT")
    yield from _by_key(draft, op, fields)


def _account(draft: Draft, op: Operation) -> Iterable[OperationPlan]:
    entity = draft.intent.entity(op.on)
    others = [each.name for each in draft.intent.entities if each.owner == entity.owner and each != entity]
    if any(field.type.base == "secret" for each in others for field in draft.intent.entity(each).fields):
        raise InvalidDesign(
            f"{op.id} {op.name}: service {entity.owner} owns two kinds of accounts",
            hint="give each an owner of its own",
        )
    email, secret = the_field(draft, op, op.on, "email"), the_field(draft, op, op.on, "secret")
    one, many = snake(op.on), plural(snake(op.on))
    draft.index(op.on, Index(f"{many}_{email.name}_key", email.name, unique=True))
    taken = f"{email.name}_taken"
    yield _plan(
        draft, op, "create", entity.fields, raises=(taken,), needs=("store", "ids", "background"), writes="INSERT"
    )
    yield replace(
        _plan(
            draft,
            op,
            "login",
            (email, secret),
            reply=(Field(one, FieldType("ref", target=op.on)), Field("token", FieldType("str", maximum=500))),
            raises=("not_authorised",),
            needs=("store", "tokens", "background"),
        ),
        entity="",
    )
    yield from _by_key(draft, op, entity.fields, taken=(taken,))


def _by_key(
    draft: Draft, op: Operation, fields: tuple[Field, ...], taken: tuple[str, ...] = ()
) -> Iterable[OperationPlan]:
    key = Field(snake(op.on), FieldType("ref", target=op.on))
    changes = tuple(replace(each, optional=True) for each in fields)
    hashing = ("background",) if taken else ()
    yield _plan(draft, op, "get", (key,), raises=("not_found",), needs=("store",), own=True)
    yield _plan(
        draft,
        op,
        "update",
        (key, *changes),
        raises=("not_found", *taken),
        needs=("store", *hashing),
        writes="UPDATE",
        own=True,
    )
    gone = _plan(
        draft,
        op,
        "delete",
        (key,),
        reply=(Field("deleted", FieldType("bool")),),
        needs=("store",),
        writes="DELETE",
        own=True,
    )
    yield replace(gone, entity="")


def _plan(
    draft: Draft,
    op: Operation,
    verb: str,
    request: tuple[Field, ...],
    *,
    reply: tuple[Field, ...] = (),
    raises: tuple[str, ...] = (),
    needs: tuple[str, ...],
    writes: str = "",
    own: bool = False,
) -> OperationPlan:
    entity = draft.intent.entity(op.on)
    one, many = snake(op.on), plural(snake(op.on))
    secret = next((each.name for each in entity.fields if each.type.base == "secret"), "")
    email = next((each.name for each in entity.fields if each.type.base == "email"), "")
    record = internal(
        f"{verb}_{one}",
        op,
        request,
        reply,
        statements=(f"{entity.owner}.{_STATEMENTS[verb].format(one=one)}",),
        raises=errors(op, *raises),
        mutating=bool(writes),
        idempotent=verb != "create",
    )
    return OperationPlan(
        service=entity.owner,
        operation=record,
        shape=f"crud_{verb}",
        about=_ABOUT[verb].format(one=one),
        auth=own and op.auth == "self",
        entity=op.on,
        needs=needs,
        facts={
            "entity": op.on,
            "secret": secret,
            "email": email,
            "self": one if own and op.auth == "self" else "",
            "initial": {
                each.name: draft.machine(each.type.target).initial
                for each in entity.fields
                if each.type.base == "state"
            },
        },
        uses={many: READ | ({writes} if writes else set())},
    )


_STATEMENTS = {
    "create": "insert_{one}",
    "login": "{one}_credentials",
    "get": "{one}_by_key",
    "update": "update_{one}",
    "delete": "delete_{one}",
}
_ABOUT = {
    "create": "Keep a new {one}.",
    "login": "Give a token to a {one} who knows the password.",
    "get": "One {one} by its key.",
    "update": "Change what is given of a {one}.",
    "delete": "Forget a {one}.",
}
