"""Use cases as end-to-end tests: each step a request, each check an assertion over the answers."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping

from telic.design import python
from telic.design.naming import snake
from telic.design.plan import OperationPlan, SystemPlan
from telic.design.seed import key_of
from telic.design.seed_relations import Row
from telic.errors import InvalidDesign
from telic.intent.expressions import as_python, parse
from telic.model.intent import Field, Intent, UseCase

NEAR = 3.0  # radius of searches in tests [km]


def use_case_body(case: UseCase, system: SystemPlan, intent: Intent, rows: Mapping[str, list[Row]]) -> str:
    """Return the statements of the test of one use case."""
    return _Case(case, system, intent, rows).body()


class _Case:
    """Writes one test: remembers which values earlier steps have given."""

    def __init__(self, case: UseCase, system: SystemPlan, intent: Intent, rows: Mapping[str, list[Row]]) -> None:
        self._case, self._system, self._intent, self._rows = case, system, intent, rows
        self._lines: list[str] = []
        self._known: dict[str, str] = {}  # field or thing to the expression of its value
        self._answers: dict[str, str] = {}  # step id to the variable of its answer
        self._made: set[str] = set()

    def body(self) -> str:
        """Return all statements."""
        for number, step in enumerate(self._case.steps):
            last = number == len(self._case.steps) - 1
            self._step(step, refused=last and bool(self._case.expect_error))
        if self._case.check:
            self._lines.append(f"assert {self._check()}")
        return "\n".join(self._used(number, line) for number, line in enumerate(self._lines))

    def _used(self, number: int, line: str) -> str:
        """Return a line; an answer that nobody looks at is only asked for."""
        found = re.match(r"(\w+) = (gateway\.call\(.*)", line)
        if found is None or re.search(rf"\b{found[1]}\b", "\n".join(self._lines[number + 1 :])):
            return line
        return f"assert {found[2]} is not None"

    def _step(self, step: str, *, refused: bool) -> None:
        plan = self._plan(step)
        given = []
        for field in plan.operation.request:
            if not field.optional:
                before = [each for each in plan.operation.request if each.type == field.type]
                given.append(f"{field.name}={self._value(plan, field, before.index(field))}")
        asked = f'"{plan.name}", {", ".join(given)}'
        if refused:
            self._lines.append(f'assert gateway.refusal({asked}) == "{self._case.expect_error}"')
            return
        reply = plan.operation.reply
        if len(reply) == 1 and reply[0].type.many:
            name = reply[0].name
            self._lines.append(f'{name} = gateway.call({asked})["{name}"]')
            target = self._system.entity(reply[0].type.target)
            self._known[target.one] = f'{name}[0]["{target.key}"]'
            self._made.add(name)
        elif len(reply) == 1 and reply[0].name == "count":
            name = "count"
            self._lines.append(f'count = gateway.call({asked})["count"]')
        else:
            name = snake(plan.entity) if plan.entity else f"{plan.name}_reply"
            self._lines.append(f"{name} = gateway.call({asked})")
            if plan.entity:
                self._known[name] = f'{name}["{self._system.entity(plan.entity).key}"]'
                self._made.add(name)
        self._answers[step] = self._answers[step.partition(".")[0]] = name

    def _plan(self, step: str) -> OperationPlan:
        gateway = self._system.services[0]
        found = [each for each in gateway.operations if step in each.operation.derives]
        if not found:
            raise InvalidDesign(
                f"{self._case.id}: no operation is called {step}",
                hint="steps are ids of operations; crud has F7.create, F7.get, F7.update, F7.delete and F7.login",
            )
        return found[0]

    def _value(self, plan: OperationPlan, field: Field, turn: int) -> str:
        kind = field.type
        if kind.base == "ref":
            one = snake(kind.target)
            if turn:  # the other end of a link between two of a kind
                return f'"{key_of(one, turn - 1)}"'
            return self._known.get(one) or f'"{key_of(one, 0)}"'
        if field.name in self._known:
            return self._known[field.name]
        values = {
            "email": 'f"{uuid.uuid4().hex}@example.com"',
            "secret": '"correct horse battery staple"',
            "float": repr(NEAR) if plan.shape == "forward" and "km" in field.name else "",
            "geo": self._place(),
            "daterange": "",
        }
        text = values.get(kind.base, "") or self._sample(field)
        if kind.base in ("geo", "daterange") or (kind.base == "float" and values["float"]):
            self._lines += [f"{field.name} = {text}"]
            self._known[field.name] = field.name
            return field.name
        return text

    def _sample(self, field: Field) -> str:
        if field.type.base == "daterange":
            self._lines.append("first = date.today() + timedelta(days=random.randrange(30, 300))")
            return '{"start": first.isoformat(), "end": (first + timedelta(days=2)).isoformat()}'
        if field.type.base == "date":
            return "date.today().isoformat()"
        return python.sample(field, self._intent.states)

    def _place(self) -> str:
        """Return where the first seeded thing with a place is."""
        for service in self._system.services:
            for entity in service.entities:
                for attribute in entity.attributes:
                    rows = self._rows.get(entity.table.full_name)
                    if attribute.type.base == "geo" and rows:
                        lat, lon = (rows[0][each.name] for each in attribute.columns[:2])
                        return json.dumps({"lat": lat, "lon": lon})
        return '{"lat": 52.52, "lon": 13.405}'

    def _check(self) -> str:
        tree = ast.parse(as_python(parse(self._case.check)), mode="eval").body
        return ast.unparse(ast.fix_missing_locations(_Subscripts(self._answers).visit(tree)))


class _Subscripts(ast.NodeTransformer):
    """Turns ``booking.state`` into ``booking["state"]`` and ``F1`` into the variable of its answer."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Rewrite a field of a thing."""
        return ast.Subscript(self.visit(node.value), ast.Constant(node.attr), ast.Load())

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Rewrite the id of a step."""
        return ast.Name(self._answers.get(node.id, node.id), node.ctx)
