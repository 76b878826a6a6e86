"""``reserve``: take from a stock, for good or for a range of days, hold it a while, give it back when nobody pays."""

from __future__ import annotations

from dataclasses import dataclass

from telic.design.archetypes import lookups
from telic.design.draft import Draft
from telic.design.fields import errors, inputs, internal, reference, the_field
from telic.design.naming import plural, snake
from telic.design.plan import Attribute, Column, Index, JobPlan, OperationPlan, TablePlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import FieldType, Operation

CHANGE = frozenset({"SELECT", "INSERT", "UPDATE"})
SWEEP = 2.0  # how often holds that ran out are looked for [s]
SETTLE = 30.0  # how long a hold is kept for a step that has begun [s]


@dataclass(frozen=True)
class Reservation:
    """The fields that play a part in a reservation."""

    entity: str  # Booking
    thing: str  # hotel: the field that refers to what has the stock
    things: str  # hotels
    stock_entity: str  # Hotel
    stock_field: str  # rooms, of the hotel
    quantity: str  # rooms, of the booking
    days: str  # "" where what is taken is taken for good
    state: str
    initial: str  # held
    expired: str  # "" where holds last for ever
    hold: float  # [s]
    price: str  # the money field of what has the stock, "" without one
    amount: str  # what the whole costs, a derived field; "" without a price
    stock_table: str
    settled: str  # the state that a begun step leads to; "" without one


def reservation(draft: Draft, op: Operation) -> Reservation:
    """Find the part that each field plays; refuse what is ambiguous."""
    stock_entity, _, stock_field = op.stock.partition(".")
    thing = reference(draft, op, op.on, stock_entity).name
    state = the_field(draft, op, op.on, "state")
    machine = draft.machine(state.type.target)
    expired = ""
    if op.hold:
        ends = [to for start, to in machine.edges if start == machine.initial and to in machine.final]
        if not ends:
            raise InvalidDesign(
                f"{op.id} {op.name}: holds run out, but no edge of {machine.name} ends a hold",
                hint=f"add {machine.initial}->expired to its edges and expired to its final states",
            )
        expired = "expired" if "expired" in ends else ends[0]
    money = [each.name for each in draft.intent.entity(stock_entity).fields if each.type.base == "money"]
    price = money[0] if len(money) == 1 else ""
    settling = (
        each for each in draft.intent.operations if each.kind == "transition" and each.on == op.on and each.calls
    )
    return Reservation(
        entity=op.on,
        thing=thing,
        things=plural(thing),
        stock_entity=stock_entity,
        stock_field=stock_field,
        quantity=_quantity(draft, op, stock_field),
        days=the_field(draft, op, op.on, "daterange").name if _has_days(draft, op) else "",
        state=state.name,
        initial=machine.initial,
        expired=expired,
        hold=op.hold,
        price=price,
        amount="amount" if price else "",
        stock_table=f"{snake(op.on)}_stock",
        settled=next((each.edge[1] for each in settling if each.edge and each.edge[0] == machine.initial), ""),
    )


def reserve(draft: Draft, op: Operation) -> None:
    """Add the owner's ``reserve``, its stock table and the job that lets holds run out."""
    facts = reservation(draft, op)
    owner = draft.intent.entity(op.on).owner
    one, many = snake(op.on), plural(snake(op.on))
    get = lookups.get(draft, op, facts.stock_entity, asking=owner)
    fields = inputs(draft, op)
    rest = tuple(each for each in fields if each.name != facts.thing)
    checks = lookups.checked_references(draft, op, rest, asking=owner)
    if facts.amount:
        draft.derive(
            op.on, Attribute("amount", FieldType("money", minimum=0.0), (Column("amount", "BIGINT NOT NULL"),))
        )
    _keep(draft, op, facts, owner)
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=(Call(get.service, get.name), *lookups.check_calls(checks)),
        statements=(f"{owner}.insert_{one}", f"{owner}.take_{facts.stock_table}"),
        raises=errors(op, "sold_out", "not_found"),
        mutating=True,
        idempotent=False,
    )
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="reserve",
            about=f"Hold {facts.quantity} of a {facts.thing}{' for a range of days' if facts.days else ''}.",
            entity=op.on,
            needs=tuple(dict.fromkeys(("store", get.service, *(each["service"] for each in checks), "clock", "ids"))),
            facts={"entity": op.on, "reservation": facts, "look": get, "checks": checks, "keyed": op.idempotent},
            uses={many: CHANGE, facts.stock_table: CHANGE},
        )
    )
    if facts.hold:
        _expire(draft, op, facts, owner)


def _keep(draft: Draft, op: Operation, facts: Reservation, owner: str) -> None:
    one, many = snake(op.on), plural(snake(op.on))
    if op.hold:
        draft.hide(op.on, Column("held_until", "TIMESTAMPTZ NOT NULL"))
        draft.index(op.on, Index(f"{many}_held", "held_until", where=f"{facts.state} = '{facts.initial}'"))
    if facts.settled:
        draft.hide(op.on, Column("settling", "BOOLEAN NOT NULL DEFAULT false"))
    if op.idempotent:
        draft.hide(op.on, Column("request_key", "TEXT"))
        draft.index(op.on, Index(f"{many}_request_key", "request_key", unique=True))
    columns = (
        Column(f"{facts.thing}_id", "TEXT NOT NULL"),
        *((Column("day", "DATE NOT NULL"),) if facts.days else ()),
        Column("taken", "INTEGER NOT NULL CHECK (taken >= 0)"),
    )
    about = (
        f"how much of each {facts.thing} is taken{' on each day' if facts.days else ''} by every {one} that is not over"
    )
    key = (f"{facts.thing}_id", "day") if facts.days else (f"{facts.thing}_id",)
    draft.table(TablePlan(owner, facts.stock_table, columns, key, (), about))


def _expire(draft: Draft, op: Operation, facts: Reservation, owner: str) -> None:
    many = plural(snake(op.on))
    draft.job(
        owner,
        JobPlan(
            name=f"expire_{many}",
            every=SWEEP,
            shape="expire",
            about=f"Let every {snake(op.on)} whose hold has run out give back what it holds.",
            derives=(op.id,),
            needs=("store", "clock"),
            facts={"entity": op.on, "reservation": facts},
        ),
    )


def _has_days(draft: Draft, op: Operation) -> bool:
    return any(each.type.base == "daterange" for each in draft.intent.entity(op.on).fields)


def _quantity(draft: Draft, op: Operation, stock_field: str) -> str:
    fields = [each.name for each in draft.intent.entity(op.on).fields if each.type.base == "int"]
    if stock_field in fields:
        return stock_field
    if len(fields) != 1:
        raise InvalidDesign(
            f"{op.id} {op.name}: which field of {op.on} says how much is reserved?",
            hint=f"give {op.on} a field {stock_field}: int>0",
        )
    return fields[0]
