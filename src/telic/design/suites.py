"""The test files of a design: units against memory, security rules, use cases against the running system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import jinja2

from telic.design import python
from telic.design.code import service_context
from telic.design.plan import EntityPlan, ServicePlan, SystemPlan
from telic.design.seed_relations import Row
from telic.design.structs import Struct, structs
from telic.design.use_cases import use_case_body
from telic.model.intent import Field, FieldType, Intent


def suite_files(
    system: SystemPlan, intent: Intent, templates: jinja2.Environment, rows: Mapping[str, list[Row]]
) -> Iterator[tuple[str, str]]:
    """Return path and text of every test file."""
    yield "tests/conftest.py", templates.get_template("tests/conftest.py.j2").render()
    for service in system.services:
        own = templates.overlay()
        own.filters = {**templates.filters, **_samples(service, system, intent)}
        context = service_context(service, system, intent, templates)
        yield f"tests/unit/test_{service.name}.py", own.get_template("tests/unit.py.j2").render(context)
        if any(each.shape == "crud_login" for each in service.operations):
            text = own.get_template("tests/security.py.j2").render({**context, **_security(service, intent)})
            yield f"tests/unit/test_security_of_{service.name}.py", text
    yield "tests/e2e/conftest.py", templates.get_template("tests/e2e_conftest.py.j2").render()
    for case in intent.use_cases:
        body = use_case_body(case, system, intent, rows)
        expected = f"; refused with {case.expect_error}" if case.expect_error else ""
        doc = f"The {case.actor} goes through {', '.join(case.steps)}{expected}."
        text = templates.get_template("tests/e2e.py.j2").render(case=case, body=body, doc=doc)
        yield f"tests/e2e/test_{case.id.lower()}.py", text


def _samples(service: ServicePlan, system: SystemPlan, intent: Intent) -> dict[str, object]:
    machines = intent.states
    known = {each.name: each for each in structs(service, system, machines)}

    def sample(field: Field) -> str:
        kind = field.type
        if kind.base == "entity":
            return f"[{field_entity(kind)}]" if kind.many else field_entity(kind)
        if kind.many:
            return f"[{python.sample(Field(field.name, FieldType(kind.base, kind.target)), machines)}]"
        return python.sample(field, machines)

    def field_entity(kind: FieldType) -> str:
        return system.entity(kind.target).one.upper()

    def sample_of(struct: Struct) -> str:
        given = []
        for each in struct.fields:
            if struct.entity and each is struct.fields[0]:
                given.append(f'{each.name}="{struct.name.lower()}-1"')
            elif "= None" not in each.annotation:
                given.append(f"{each.name}={sample(Field(each.name, each.type))}")
        return f"{struct.name}({', '.join(given)})"

    def sample_named(name: str) -> str:
        return system.entity(name).one.upper() if known[name].entity else sample_of(known[name])

    def states_of(entity: EntityPlan, name: str) -> tuple[str, ...]:
        return python.states(entity.attribute(name).type, machines)

    return {
        "sample_of": sample_of,
        "sample_named": sample_named,
        "states_of": states_of,
        "another_sample": lambda field: python.sample(field, machines, suffix="2"),
    }


def _security(service: ServicePlan, intent: Intent) -> dict[str, object]:
    login = next(each for each in service.operations if each.shape == "crud_login")
    same = [each for each in service.operations if each.facts.get("entity") == login.facts["entity"]]
    create = next(each for each in same if each.shape == "crud_create")
    entity = intent.entity(create.entity)
    private = [*entity.pii, str(create.facts["secret"])]
    texts = {each.name for each in entity.fields if each.type.base in ("str", "email", "secret")}
    return {
        "rules": [each.id for each in intent.security],
        "create": create,
        "login": login,
        "private": [each for each in dict.fromkeys(private) if each in texts],
    }
