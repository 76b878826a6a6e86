"""``transition``: move a thing along an edge of its life, with another service's step in between where one is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telic.design.archetypes.charge import charge
from telic.design.archetypes.reserve import SETTLE, Reservation, reservation
from telic.design.draft import Draft
from telic.design.fields import errors, internal, the_field
from telic.design.naming import plural, snake
from telic.design.plan import Column, OperationPlan
from telic.errors import InvalidDesign
from telic.model.design import Call
from telic.model.intent import Field, FieldType, Operation, StateMachine

CHANGE = frozenset({"SELECT", "UPDATE"})


@dataclass(frozen=True)
class Refusal:
    """What a state other than the edge's start means for whoever asks for the transition."""

    state: str
    answer: Literal["done", "error"]
    error: str = ""


def transition(draft: Draft, op: Operation) -> None:
    """Add the owner's transition and, with ``calls``, the callee's operation."""
    if op.edge is None:
        raise InvalidDesign(f"{op.id} {op.name}: a transition needs an edge", hint="such as edge: held->paid")
    state = the_field(draft, op, op.on, "state")
    machine = draft.machine(state.type.target)
    start, to = op.edge
    owner, one, many = draft.intent.entity(op.on).owner, snake(op.on), plural(snake(op.on))
    reserved = _reserved(draft, op)
    held = reserved if reserved is not None and reserved.hold and reserved.initial == start else None
    releases = reserved if to in machine.final else None
    refusals = _refusals(op, machine, start, to, held.expired if held is not None else "")
    called = charge(draft, op, owner) if op.calls else None
    if called is not None:
        draft.hide(op.on, Column("settling", "BOOLEAN NOT NULL DEFAULT false"))
    steps = ("begin", "finish") if called else ("move",)
    fields = op.inputs or (Field(one, FieldType("ref", target=op.on)),)
    record = internal(
        op.name,
        op,
        fields,
        (),
        calls=(Call(called.service, called.name),) if called else (),
        statements=tuple(f"{owner}.{step}_{op.name}" for step in steps),
        raises=errors(op, *dict.fromkeys(["not_found", *(each.error for each in refusals if each.error)])),
        mutating=True,
        idempotent=any(each.state == to and each.answer == "done" for each in refusals),
    )
    draft.offer(
        OperationPlan(
            service=owner,
            operation=record,
            shape="settle" if called else "move",
            about=f"Take a {one} from {start} to {to}.",
            entity=op.on,
            needs=("store", *((called.service,) if called else ()), *(("clock",) if held else ())),
            facts={
                "entity": op.on,
                "state": state.name,
                "start": start,
                "to": to,
                "called": called,
                "key": next(each.name for each in fields if each.type.target == op.on),
                "refusals": refusals,
                "held": held,
                "releases": releases,
                "lease": SETTLE,
            },
            uses={many: CHANGE, **({releases.stock_table: CHANGE} if releases else {})},
        )
    )


def _reserved(draft: Draft, op: Operation) -> Reservation | None:
    found = (each for each in draft.intent.operations if each.kind == "reserve" and each.on == op.on)
    return next((reservation(draft, each) for each in found), None)


def _refusals(op: Operation, machine: StateMachine, start: str, to: str, overdue: str) -> tuple[Refusal, ...]:
    """Return what to answer in each state but the right one; the right one is refused when its hold ran out."""
    after = _reachable(machine, to)
    found = []
    for state in dict.fromkeys(each for edge in machine.edges for each in edge):
        named = overdue if state == start else state
        if named in op.errors:
            found.append(Refusal(state, "error", named))
        elif state in after and f"already_{to}" in op.errors:
            found.append(Refusal(state, "error", f"already_{to}"))
        elif state == to:
            found.append(Refusal(state, "done"))
        else:
            found.append(Refusal(state, "error", "not_allowed"))
    return tuple(found)


def _reachable(machine: StateMachine, start: str) -> set[str]:
    found, before = {start}, set[str]()
    while found != before:
        before = set(found)
        found |= {to for origin, to in machine.edges if origin in found}
    return found
