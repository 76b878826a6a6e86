"""The messages of a service: which classes its ``messages.py`` holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from telic.design import python
from telic.design.plan import OperationPlan, ServicePlan, SystemPlan
from telic.model.intent import Field, FieldType, StateMachine


@dataclass(frozen=True)
class StructField:
    """A field of a message class."""

    name: str
    type: FieldType
    annotation: str


@dataclass(frozen=True)
class Struct:
    """A message class; a checked one refuses what does not fit."""

    name: str
    about: str
    fields: tuple[StructField, ...]
    checked: bool
    entity: bool = False


def structs(service: ServicePlan, system: SystemPlan, machines: tuple[StateMachine, ...]) -> tuple[Struct, ...]:
    """Return the classes that a service hears, says and asks with: entities first, each name once."""
    plans = (*service.operations, *service.calls, *service.sends)
    found: dict[str, Struct] = {}
    named = [*(each.entity for each in plans if each.entity), *(each.name for each in service.entities)]
    for name in dict.fromkeys(named):
        entity = system.entity(name)
        article = "An" if entity.one[0] in "aeiou" else "A"
        about = f"{article} {entity.one.replace('_', ' ')}."
        found[name] = replace(_struct(name, about, entity.fields, machines, checked=False), entity=True)
    for plan in plans:
        for struct in _of_operation(plan, machines):
            found.setdefault(struct.name, struct)
    return tuple(found.values())


def _of_operation(plan: OperationPlan, machines: tuple[StateMachine, ...]) -> Iterator[Struct]:
    yield _struct(plan.request, f"What ``{plan.name}`` is asked.", plan.operation.request, machines, checked=True)
    if plan.reply != plan.entity:
        yield _struct(plan.reply, f"What ``{plan.name}`` answers.", plan.operation.reply, machines, checked=False)


def _struct(
    name: str, about: str, fields: tuple[Field, ...], machines: tuple[StateMachine, ...], *, checked: bool
) -> Struct:
    made = []
    for each in fields:
        text = python.annotation(each.type, machines, checked=checked)
        made.append(StructField(each.name, each.type, f"{text} | None = None" if each.optional else text))
    return Struct(name, about, tuple(made), checked)
