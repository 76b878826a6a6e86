"""The requirement table: which id of the intent lives where, and what checks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from telic.design import rules
from telic.design.plan import SystemPlan
from telic.intent.field_types import write_type
from telic.model.intent import Field, Intent

SECURITY = ("stored hashed", "pii never in logs")
"""Security rules that the generated test checks, by words of theirs."""


class Requirement(TypedDict):
    """A line of the table."""

    id: str
    says: str
    where: str
    tests: str


def requirements(system: SystemPlan, intent: Intent) -> list[Requirement]:
    """Return a line for every id of the intent that a design answers."""
    return [
        *_operations(system, intent),
        *_use_cases(intent),
        *_rules(system, intent),
        *(
            _line(each.id, f"{each.sli} of {each.service}, target {each.target:g}", "wiring.yaml", "measured live")
            for each in intent.objectives
        ),
    ]


def field_text(field: Field) -> str:
    """Return a field as ``name: type``, with ``?`` where it may be left out.

    Examples
    --------
    >>> from telic.model.intent import FieldType
    >>> field_text(Field("stars", FieldType("int", minimum=1.0, maximum=5.0)))
    'stars: int(1..5)'
    """
    kind = f"[{write_type(field.type)}]" if field.type.many else write_type(field.type)
    return f"{field.name}{'?' if field.optional else ''}: {kind}".replace("|", "\\|")


def _operations(system: SystemPlan, intent: Intent) -> Iterator[Requirement]:
    for op in intent.operations:
        owners = [
            f"`{service.name}.{plan.name}`"
            for service in system.services[1:]
            for plan in service.operations
            if op.id in plan.operation.derives
        ]
        cases = [f"`tests/e2e/test_{each.id.lower()}.py`" for each in intent.use_cases if op.id in _ids(each.steps)]
        services = dict.fromkeys(each.strip("`").partition(".")[0] for each in owners)
        tests = [*(f"`tests/unit/test_{each}.py`" for each in services), *cases]
        yield _line(op.id, f"{op.name} ({op.kind} on {op.on})", ", ".join(owners), ", ".join(tests))


def _use_cases(intent: Intent) -> Iterator[Requirement]:
    for case in intent.use_cases:
        says = f"{case.actor}: {', '.join(case.steps)}" + (
            f", refused with {case.expect_error}" if case.expect_error else ""
        )
        yield _line(case.id, says, "`gateway`", f"`tests/e2e/test_{case.id.lower()}.py`")


def _rules(system: SystemPlan, intent: Intent) -> Iterator[Requirement]:
    for invariant in intent.invariants:
        yield _line(invariant.id, invariant.expr, "-", "not checked by generated tests")
    accounts = [
        each.name for each in system.services if any(c.name.endswith("_hash") for e in each.entities for c in e.hidden)
    ]
    for rule in intent.security:
        known = accounts and any(each in rule.rule for each in SECURITY)
        where = ", ".join(f"`{each}`" for each in accounts) if known else "-"
        yield _line(
            rule.id,
            rule.rule,
            where,
            ", ".join(f"`tests/unit/test_security_of_{each}.py`" for each in accounts)
            if known
            else "for people to check",
        )
    for rule in intent.design:
        checked = "checked when the design was made" if rules.is_known(rule) else "for people to check"
        yield _line(rule.id, rule.rule, "every service", checked)


def _ids(steps: tuple[str, ...]) -> set[str]:
    return {each.partition(".")[0] for each in steps}


def _line(id_: str, says: str, where: str, tests: str) -> Requirement:
    return {"id": id_, "says": says.replace("|", "\\|"), "where": where, "tests": tests}
