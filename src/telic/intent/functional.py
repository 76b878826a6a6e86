"""Reads what a system does: entities, states, operations, use cases, invariants, rules."""

from __future__ import annotations

from typing import Literal, cast, get_args

from telic.errors import InvalidIntent
from telic.intent import units
from telic.intent.field_types import read_type
from telic.intent.findings import Findings
from telic.intent.keys import functional as keys
from telic.intent.section import Section, arrow, convert_text, entity_name, identifier, name, one_of
from telic.intent.source import Item
from telic.model.intent import (
    EntityType,
    Field,
    FieldType,
    Invariant,
    Operation,
    Rule,
    StateMachine,
    UseCase,
    Verb,
    Verdict,
)


def read_entities(section: Section) -> tuple[EntityType, ...]:
    """Read ``functional.entities``."""
    found = []
    for key, value in section.entries("entities"):
        called = convert_text(key, entity_name, "", section.findings)
        each = Section(value, keys.ENTITY, section.findings)
        found.append(
            EntityType(
                name=called,
                key=each.read("key", name, ""),
                fields=read_fields(each, "fields"),
                owner=each.read("owner", name, ""),
                pii=each.texts("pii", str),
            )
        )
    return tuple(found)


def read_states(section: Section) -> tuple[StateMachine, ...]:
    """Read ``functional.states``."""
    found = []
    for key, value in section.entries("states"):
        called = convert_text(key, name, "", section.findings)
        each = Section(value, keys.STATE, section.findings)
        initial = each.read("initial", name, "")
        found.append(StateMachine(called, initial, each.texts("edges", arrow), each.texts("final", name)))
    return tuple(found)


def read_operations(section: Section) -> tuple[Operation, ...]:
    """Read ``functional.operations``."""
    return tuple(_operation(Section(each, keys.OPERATION, section.findings)) for each in section.items("operations"))


def read_use_cases(section: Section) -> tuple[UseCase, ...]:
    """Read ``functional.use_cases``."""
    found = []
    for item in section.items("use_cases"):
        each = Section(item, keys.USE_CASE, section.findings)
        found.append(
            UseCase(
                id=each.read("id", identifier, ""),
                actor=each.read("actor", name, ""),
                steps=each.texts("steps", str),
                check=each.text("check"),
                expect_error=each.read("expect_error", name, ""),
            )
        )
    return tuple(found)


def read_invariants(section: Section) -> tuple[Invariant, ...]:
    """Read ``functional.invariants``."""
    found = (Section(each, keys.INVARIANT, section.findings) for each in section.items("invariants"))
    return tuple(Invariant(each.read("id", identifier, ""), each.text("expr"), each.text("scope")) for each in found)


def read_rules(section: Section, part: Literal["security", "design"]) -> tuple[Rule, ...]:
    """Read ``functional.security`` or ``functional.design``."""
    found = (Section(each, keys.RULE, section.findings) for each in section.items(part))
    return tuple(Rule(each.read("id", identifier, ""), each.text("rule")) for each in found)


def read_fields(section: Section, part: str) -> tuple[Field, ...]:
    """Read a mapping of names to types."""
    found = []
    for key, value in section.entries(part):
        called = convert_text(key, name, "", section.findings)
        kind = convert_text(value, read_type, FieldType(""), section.findings, "name: type")
        found.append(Field(called, kind))
    return tuple(found)


def _operation(each: Section) -> Operation:
    return Operation(
        id=each.read("id", identifier, ""),
        name=each.read("name", name, ""),
        kind=cast(Verb, each.choice("kind", get_args(Verb), "custom")),
        on=each.text("on"),
        inputs=read_fields(each, "in"),
        outputs=_outputs(each),
        errors=_errors(each, each.findings),
        idempotent=each.read("idempotent", units.boolean, False),
        stock=each.text("stock"),
        hold=each.read("hold", units.period, 0.0),
        edge=each.read("edge", arrow, None),
        calls=each.text("calls"),
        by=each.text("by"),
        order=each.choice("order", ("newest", "oldest"), ""),
        filter=each.choice("filter", ("availability",), ""),
        requires=each.text("requires"),
        show=each.text("show"),
        deliver=each.text("deliver"),
        through=each.text("through"),
        later=each.read("async", units.boolean, False),
        auth=cast(Literal["none", "self"], each.choice("auth", ("none", "self"), "none")),
    )


def _errors(each: Section, findings: Findings) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for key, value in each.entries("errors"):
        called = convert_text(key, name, "", findings)
        verdict = convert_text(
            value, lambda text: one_of(text, get_args(Verdict)), "bad", findings, "name: good or bad"
        )
        found[called] = cast(Verdict, verdict)
    return found


def _outputs(each: Section) -> tuple[FieldType, ...]:
    if "out" not in each:
        return ()
    item = each.at("out")
    many = item.kind == "list"
    if many and len(item.items) != 1:
        each.findings.add(item, "a list of answers names one type", "write out: [Hotel]")
        return ()
    place: Item = item.items[0] if many else item
    kind = convert_text(place, _output, None, each.findings, "out: Hotel or out: [Hotel]")
    if kind is None:
        return ()
    return (FieldType(kind.base, kind.target, kind.options, kind.minimum, kind.maximum, kind.exclusive, many),)


def _output(text: str) -> FieldType | None:
    try:
        return FieldType("entity", target=entity_name(text))
    except InvalidIntent:
        return read_type(text)
