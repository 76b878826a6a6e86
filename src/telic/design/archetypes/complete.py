"""``complete``: answer a prompt with a language model: limits, quota, filters around a router, inference behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telic.design.archetypes import lookups
from telic.design.archetypes.charge import charge
from telic.design.archetypes.create import add
from telic.design.draft import CHAT, INFERENCE, PROMPT_FILTER, RESPONSE_FILTER, Draft
from telic.design.fields import errors, inputs, internal, owner_of
from telic.design.naming import plural, snake
from telic.design.plan import Attribute, Column, OperationPlan
from telic.errors import InvalidDesign
from telic.model import Scalar
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation

TEXT = FieldType("str", maximum=8000)
COUNT = FieldType("int", minimum=0.0)
SIZES = ("max_tokens", "choices")  # what every completion says of its size
LIMITS: Mapping[str, Scalar] = {
    "limit.prompt_tokens": 1500,
    "limit.answer_tokens": 256,
    "limit.choices": 4,
    "prompt.strip_hidden": True,
}
FILTER = {"filter.threshold": 0.6}
ROUTE = {"route.version": "7"}
MODEL: Mapping[str, Scalar] = {
    "model.version": "7",
    "model.instances": 8,
    "model.batch": 2,
    "model.kv_tokens": 4096,
    "model.queue": 64,
    "model.endpoint": "",  # of a model elsewhere, such as http://127.0.0.1:11434/v1
    "model.endpoint_model": "",
    "model.endpoint_key_file": "",
    "accelerator.device": 0,
    "tuning.format": 2,
}
QUOTA = {"quota.tokens_per_second": 4000.0, "quota.burst": 20000.0}


@dataclass(frozen=True)
class Completion:
    """The fields that play a part in a completion."""

    user: str
    model: str
    prompt: str
    sized: tuple[str, ...] = SIZES
    text: str = "text"
    tokens: str = "tokens"


def complete(draft: Draft, op: Operation) -> None:
    """Add the facade that answers, the filters, the route, inference, the quota, and who keeps and meters answers."""
    facts = _fields(draft, op)
    fields = inputs(draft, op)
    made = (Field(facts.text, TEXT), Field(facts.tokens, COUNT))
    for each in made:
        draft.derive(op.on, Attribute(each.name, each.type, (Column(each.name, _sql(each)),)))
    asker = tuple(each for each in fields if each.name == facts.user)
    checks = lookups.checked_references(draft, op, asker, asking=CHAT)
    used = charge(draft, op, CHAT)
    admit = _admit(draft, op, used.service, asker)
    seen, safe = _screen(draft, op, PROMPT_FILTER), _screen(draft, op, RESPONSE_FILTER)
    route = _route(draft, op, facts, _infer(draft, op))
    keep = add(draft, op, (*fields, *made), asking=CHAT)
    steps = (admit, seen, route, safe, keep, used)
    draft.configure(CHAT, LIMITS)
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=(*lookups.check_calls(checks), *(Call(each.service, each.name) for each in steps)),
        raises=errors(
            op, *(["not_found"] if checks else []), "filtered", "throttled", "too_long", "too_many", "version_unknown"
        ),
        mutating=True,
        idempotent=False,
    )
    services = [*(each["service"] for each in checks), *(each.service for each in steps)]
    draft.offer(
        OperationPlan(
            service=CHAT,
            operation=record,
            shape="converse",
            about="Answer a prompt: within limits and quota, through both filters, kept and metered.",
            entity=op.on,
            needs=(*dict.fromkeys(services), "runtime"),
            facts={
                "checks": checks,
                "admit": admit,
                "seen": seen,
                "route": route,
                "safe": safe,
                "keep": keep,
                "used": used,
                "fields": facts,
            },
            modules=(("prompts", ("shown", "tokens_of")),),
        )
    )


def completion_of(draft: Draft, op: Operation) -> Operation:
    """Return the intent's operation that answers prompts; refuse where `op` needs one and there is none."""
    found = next((each for each in draft.intent.operations if each.kind == "complete"), None)
    if found is None:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.kind} needs a model, and no operation answers prompts",
            hint="add an operation of kind complete",
        )
    return found


def _fields(draft: Draft, op: Operation) -> Completion:
    fields = draft.intent.entity(op.on).fields
    secret = {each.name for each in draft.intent.entities if any(f.type.base == "secret" for f in each.fields)}
    users = [each.name for each in fields if each.type.base == "ref" and each.type.target in secret]
    models = [each.name for each in fields if each.type.base == "ref" and each.type.target not in secret]
    texts = [each.name for each in fields if each.type.base == "str"]
    sizes = [each.name for each in fields if each.type.base == "int"]
    if (len(users), len(models), len(texts)) != (1, 1, 1) or sorted(sizes) != sorted(SIZES) or len(fields) != 5:
        raise InvalidDesign(
            f"{op.id} {op.name}: {op.on} has to say who asks, which model, the prompt, max_tokens and choices",
            hint="{user: ref(User), model: ref(Model), prompt: str<=4000, max_tokens: int(1..256), choices: int(1..9)}",
        )
    return Completion(users[0], models[0], texts[0])


def _sql(field: Field) -> str:
    return "TEXT NOT NULL" if field.type.base == "str" else "BIGINT NOT NULL"


def _admit(draft: Draft, op: Operation, service: str, asker: tuple[Field, ...]) -> OperationPlan:
    draft.configure(service, QUOTA)
    request = (*asker, Field("tokens", COUNT))
    record = internal("admit", op, request, (Field("allowed", FieldType("bool")),))
    return draft.add(
        OperationPlan(
            service=service,
            operation=record,
            shape="admit",
            about="Whether somebody may have so many tokens now; they are taken if so.",
            needs=("buckets",),
            facts={"user": asker[0].name},
            modules=(("buckets", ("Buckets",)),),
        )
    )


def _screen(draft: Draft, op: Operation, service: str) -> OperationPlan:
    """Add the question whether a prompt is let through, or what is left of an answer."""
    draft.configure(service, FILTER)
    ahead = service == PROMPT_FILTER
    reply = Field("refused", FieldType("bool")) if ahead else Field("text", TEXT)
    record = internal("screen", op, (Field("text", TEXT),), (reply,))
    return draft.add(
        OperationPlan(
            service=service,
            operation=record,
            shape="screen_prompt" if ahead else "screen_answer",
            about="Whether a prompt is too bad to be answered." if ahead else "An answer without what is too bad.",
            needs=("runtime",),
            modules=(("screening", ("cleaned", "severity")),),
        )
    )


def _infer(draft: Draft, op: Operation) -> OperationPlan:
    draft.configure(INFERENCE, MODEL)
    request = (
        Field("version", FieldType("str", maximum=20)),
        Field("prompt", TEXT),
        Field("max_tokens", FieldType("int", minimum=1.0)),
        Field("choices", FieldType("int", minimum=1.0)),
    )
    reply = (Field("text", TEXT), Field("tokens", COUNT))
    record = internal("generate", op, request, reply, raises=errors(op, "version_unknown"))
    return draft.add(
        OperationPlan(
            service=INFERENCE,
            operation=record,
            shape="generate",
            about="The text that a version of the model makes of a prompt.",
            needs=("engine", "background", "runtime"),
            modules=(
                ("engine", ("Engine",)),
                ("endpoint", ("ask",)),
                ("language", ("answer",)),
                ("prompts", ("tokens_of",)),
            ),
        )
    )


def _route(draft: Draft, op: Operation, facts: Completion, infer: OperationPlan) -> OperationPlan:
    model = next(each for each in draft.intent.entity(op.on).fields if each.name == facts.model)
    owner, one = owner_of(draft, op, model.type.target, apart_from=CHAT), snake(model.type.target)
    draft.configure(owner, ROUTE)
    request = (model, *(each for each in infer.operation.request if each.name != "version"))
    record = internal(
        "route",
        op,
        request,
        infer.operation.reply,
        calls=(Call(infer.service, infer.name),),
        statements=(f"{owner}.{one}_by_key",),
        raises=errors(op, "not_found", "version_unknown"),
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="route",
            about=f"Send a prompt to the version in use of a {one}.",
            needs=("store", infer.service, "runtime"),
            facts={"entity": model.type.target, "model": model.name, "infer": infer},
            uses={plural(one): lookups.READ},
        )
    )
