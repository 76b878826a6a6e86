"""``publish``: keep a new thing and deliver it to everybody who follows whoever it is by, at once or behind a queue."""

from __future__ import annotations

from typing import TypedDict

from telic.design.archetypes import lookups
from telic.design.archetypes.create import add
from telic.design.draft import COMPOSE, FANOUT, Draft
from telic.design.fields import errors, inputs, internal, owner_of, reference
from telic.design.naming import plural, snake
from telic.design.plan import Index, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import QUEUED, Call
from telic.model.intent import Field, FieldType, Operation
from telic.model.topology import Scalar

MOST_FOLLOWERS = 1000  # that one thing is delivered to, the newest of them [1]
CONSUMING: dict[str, Scalar] = {
    "queue.pending": 8,  # messages in hand at once [1]
    "queue.ack_wait": 5.0,  # a message that is in hand for longer comes again [s]
    "queue.max_deliver": 5,  # times that a message may be refused before it is put aside [1]
    "queue.retry": 1.0,  # from a refusal to the next time [s]
    "queue.rate": 0.0,  # messages taken a second at most; 0: as many as can be handled [1/s]
}
"""What a consumer starts with; docs/reference/runtime.md describes each."""


class Delivery(TypedDict):
    """The fields that play a part in a delivery."""

    entity: str  # Entry
    reader: str  # of the entry: who gets it
    thing: str  # of the entry: what is delivered
    links: str  # Follow
    followed: str  # of the link: whom one follows
    follower: str  # of the link
    author: str  # of what is published: whom one follows


def publish(draft: Draft, op: Operation) -> None:
    """Add the facade's publishing, the owner's ``add``, the delivery and the question who follows."""
    delivery = _delivery(draft, op)
    fields = inputs(draft, op)
    checks = lookups.checked_references(draft, op, fields, asking=COMPOSE)
    keep, deliver = add(draft, op, fields, asking=COMPOSE), _deliver(draft, op, delivery)
    if op.later:
        deliver = _behind_queue(draft, op, deliver)
    port = "queue" if op.later else deliver.service
    services = [*(each["service"] for each in checks), keep.service, port]
    handing = Call(deliver.service, deliver.name, when=QUEUED) if op.later else Call(deliver.service, deliver.name)
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=(*lookups.check_calls(checks), Call(keep.service, keep.name), handing),
        raises=errors(op, *(["not_found"] if checks else [])),
        mutating=True,
        idempotent=False,
    )
    draft.offer(
        OperationPlan(
            service=COMPOSE,
            operation=record,
            shape="publish",
            about=f"Keep a new {snake(op.on)} and deliver it to everybody who follows its {delivery['author']}.",
            entity=op.on,
            needs=tuple(dict.fromkeys(services)),
            facts={"checks": checks, "keep": keep, "deliver": deliver, "delivery": delivery},
        )
    )


def _behind_queue(draft: Draft, op: Operation, deliver: OperationPlan) -> OperationPlan:
    """Add the consumer that has what stands in the queue delivered; return its operation."""
    for each in (COMPOSE, FANOUT):
        draft.queue(each)
    draft.configure(FANOUT, CONSUMING)
    record = internal(
        "fan_out",
        op,
        deliver.operation.request,
        deliver.operation.reply,
        calls=(Call(deliver.service, deliver.name),),
        mutating=True,
        idempotent=True,
    )
    return draft.add(
        OperationPlan(
            service=FANOUT,
            operation=record,
            shape="fan_out",
            about="Have delivered what a message in the queue speaks of.",
            queued=True,
            needs=(deliver.service,),
            facts={"deliver": deliver},
        )
    )


def _delivery(draft: Draft, op: Operation) -> Delivery:
    entity, _, reader = op.deliver.partition(".")
    links, _, followed = op.through.partition(".")
    entries, ends = draft.intent.entity(entity).fields, draft.intent.entity(links).fields
    target = next(each.type.target for each in ends if each.name == followed)
    reads = next((each.type for each in entries if each.name == reader), None)
    others = [each.name for each in ends if each.type.base == "ref" and each.name != followed]
    fits = len(others) == 1 and reads in [each.type for each in ends if each.name == others[0]]
    if not fits or len(entries) != 2:
        raise InvalidDesign(
            f"{op.id} {op.name}: {links} links two users, and {entity} says who gets what, and nothing else",
            hint="Follow: {follower: ref(User), followed: ref(User)} and Entry: {reader: ref(User), post: ref(Post)}",
        )
    return {
        "entity": entity,
        "reader": reader,
        "thing": reference(draft, op, entity, op.on).name,
        "links": links,
        "followed": followed,
        "follower": others[0],
        "author": reference(draft, op, op.on, target).name,
    }


def _deliver(draft: Draft, op: Operation, delivery: Delivery) -> OperationPlan:
    entity = draft.intent.entity(delivery["entity"])
    owner, one, many = entity.owner, snake(entity.name), plural(snake(entity.name))
    followers = _followers(draft, op, delivery, asking=owner)
    draft.index(entity.name, Index(f"{many}_once", f"{delivery['reader']}_id, {delivery['thing']}_id", unique=True))
    target = next(each for each in draft.intent.entity(op.on).fields if each.name == delivery["author"])
    record = internal(
        f"deliver_{many}",
        op,
        (Field(delivery["thing"], FieldType("ref", target=op.on)), Field(delivery["author"], target.type)),
        (Field("delivered", FieldType("int", minimum=0.0)),),
        calls=(Call(followers.service, followers.name),),
        statements=(f"{owner}.add_{many}",),
        mutating=True,
        idempotent=True,
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="deliver",
            about=f"Keep one {one} for everybody who follows, {MOST_FOLLOWERS} at most; how many are new.",
            needs=("store", followers.service, "ids"),
            facts={"entity": entity.name, "delivery": delivery, "followers": followers},
            uses={many: frozenset({"SELECT", "INSERT"})},
        )
    )


def _followers(draft: Draft, op: Operation, delivery: Delivery, *, asking: str) -> OperationPlan:
    links, followed, follower = delivery["links"], delivery["followed"], delivery["follower"]
    fields = {each.name: each for each in draft.intent.entity(links).fields}
    owner, many = owner_of(draft, op, links, apart_from=asking), plural(snake(links))
    draft.index(links, Index(f"{many}_to_{followed}", f"{followed}_id, created_at DESC"))
    record = internal(
        f"{plural(follower)}_of",
        op,
        (fields[followed],),
        (Field(plural(follower), FieldType("ref", target=fields[follower].type.target, many=True)),),
        statements=(f"{owner}.{plural(follower)}_of",),
    )
    return draft.add(
        OperationPlan(
            service=owner,
            operation=record,
            shape="ends",
            about=f"Who follows: the newest {MOST_FOLLOWERS} at most.",
            needs=("store",),
            facts={"entity": links, "by": followed, "end": follower, "ends": plural(follower), "most": MOST_FOLLOWERS},
            uses={many: lookups.READ},
        )
    )
