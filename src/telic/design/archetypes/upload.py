"""``upload`` and ``tune``: data sets whose every line is checked, and models that learn from them."""

from __future__ import annotations

from telic.design.archetypes import lookups
from telic.design.archetypes.complete import completion_of
from telic.design.draft import INFERENCE, Draft
from telic.design.fields import errors, inputs, internal, owner_of, the_field
from telic.design.naming import plural, snake
from telic.design.plan import Attribute, Column, Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation

FORMAT = 2  # of the requests to learn: what both sides have to mean
EXAMPLES = FieldType("int", minimum=0.0)
KEPT = frozenset({"SELECT", "INSERT", "UPDATE"})


def upload(draft: Draft, op: Operation) -> None:
    """Add the owner's upload, which refuses a text with a line that is no example."""
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    fields, text = inputs(draft, op), the_field(draft, op, op.on, "str")
    checks = lookups.checked_references(draft, op, fields, asking=owner)
    _count(draft, op)
    _keyed(draft, op)
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=lookups.check_calls(checks),
        statements=(f"{owner}.insert_{one}",),
        raises=errors(op, *(["not_found"] if checks else []), "malformed"),
        mutating=True,
        idempotent=False,
    )
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="upload",
            about=f"Keep a new {one} if each of its lines is an example.",
            entity=op.on,
            needs=("store", *dict.fromkeys(each["service"] for each in checks), "ids"),
            facts={"entity": op.on, "checks": checks, "keyed": op.idempotent, "text": text.name},
            uses={many: KEPT if op.idempotent else KEPT - {"UPDATE"}},
            modules=(("examples", ("examples_of", "problem_of")),),
        )
    )


def tune(draft: Draft, op: Operation) -> None:
    """Add the owner's order to learn, the look at the data set, and the learning where the model is."""
    completion_of(draft, op)
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    dataset = _dataset(draft, op)
    fields = inputs(draft, op)
    rest = tuple(each for each in fields if each.type.target != dataset.on)
    field = next(each for each in fields if each.type.target == dataset.on)
    checks = lookups.checked_references(draft, op, rest, asking=owner)
    get, train = lookups.get(draft, op, dataset.on, asking=owner), _train(draft, op)
    _count(draft, op)
    _keyed(draft, op)
    draft.configure(owner, {"tuning.format": FORMAT})
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=(*lookups.check_calls(checks), Call(get.service, get.name), Call(train.service, train.name)),
        statements=(f"{owner}.insert_{one}",),
        raises=errors(op, "not_found", "version_conflict"),
        mutating=True,
        idempotent=False,
    )
    services = [*(each["service"] for each in checks), get.service, train.service]
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="tune",
            about=f"Let a model learn from a {snake(dataset.on)}, and keep the {one}.",
            entity=op.on,
            needs=("store", *dict.fromkeys(services), "ids", "runtime"),
            facts={
                "entity": op.on,
                "checks": checks,
                "keyed": op.idempotent,
                "get": get,
                "field": field.name,
                "text": the_field(draft, dataset, dataset.on, "str").name,
                "train": train,
            },
            uses={many: KEPT if op.idempotent else KEPT - {"UPDATE"}},
        )
    )


def _dataset(draft: Draft, op: Operation) -> Operation:
    targets = {each.type.target for each in draft.intent.entity(op.on).fields if each.type.base == "ref"}
    found = [each for each in draft.intent.operations if each.kind == "upload" and each.on in targets]
    if len(found) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has to refer to one thing that is uploaded, it refers to {len(found)}",
            hint=f"give {op.on} a field dataset: ref(Dataset), and Dataset an operation of kind upload",
        )
    owner_of(draft, op, found[0].on, apart_from=draft.intent.entity(op.on).owner)
    return found[0]


def _train(draft: Draft, op: Operation) -> OperationPlan:
    request = (Field("format", FieldType("int", minimum=0.0)), Field("lines", FieldType("str", maximum=8000)))
    record = internal(
        "train",
        op,
        request,
        (Field("examples", EXAMPLES),),
        raises=errors(op, "version_conflict"),
    )
    return draft.add(
        OperationPlan(
            service=INFERENCE,
            operation=record,
            shape="train",
            about="Learn from every line of a data set; how many there were.",
            needs=("engine", "runtime"),
            modules=(("engine", ("Engine",)), ("examples", ("examples_of",))),
        )
    )


def _count(draft: Draft, op: Operation) -> None:
    draft.derive(op.on, Attribute("examples", EXAMPLES, (Column("examples", "BIGINT NOT NULL"),)))


def _keyed(draft: Draft, op: Operation) -> None:
    if op.idempotent:
        draft.hide(op.on, Column("request_key", "TEXT"))
        draft.index(op.on, Index(f"{plural(snake(op.on))}_request_key", "request_key", unique=True))
