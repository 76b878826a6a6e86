"""What the names in an expression stand for, and whether its fields, functions and states exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.errors import InvalidIntent
from telic.intent.expressions import is_implication, parse, write
from telic.intent.findings import near
from telic.model.intent import EntityType, Field, FieldType, Operation, StateMachine

FUNCTIONS = {
    "all": "all(condition for x in things)",
    "any": "any(condition for x in things)",
    "sum": "sum(number for x in things)",
    "min": "min(number for x in things)",
    "max": "max(number for x in things)",
    "len": "len(things)",
    "dist": "dist(place, place), in km",
    "count": "count(Entity, thing, ...): how many refer to these things",
    "live": "live(Entity, thing, ...): those that refer to these things and are in no final state",
}
"""Every function and how it is written; besides these there is ``has_<state>_<entity>(thing, ...)``."""


@dataclass(frozen=True)
class Kind:
    """What a value is."""

    form: Literal["thing", "things", "type", "truth", "number", "text", "place", "day", "state", "enum", "any"]
    entity: str = ""
    words: tuple[str, ...] = ()  # states or options
    of: str = ""  # the field, for messages


@dataclass(frozen=True)
class Nouns:
    """The entities and states that expressions may speak of."""

    entities: Mapping[str, EntityType]
    states: Mapping[str, StateMachine]

    def fields(self, entity: str) -> dict[str, Kind]:
        """Return a thing's fields, its key included."""
        found = self.entities[entity]
        kinds = {each.name: self.kind(each.type, f"{entity}.{each.name}") for each in found.fields}
        return kinds | {found.key: Kind("any")}

    def kind(self, of: FieldType, name: str = "") -> Kind:
        """Return what a value of a field type is."""
        if of.base in ("ref", "entity") and of.target in self.entities:
            return Kind("things" if of.many else "thing", of.target)
        if of.base == "state" and of.target in self.states:
            return Kind("state", words=states_of(self.states[of.target]), of=name)
        if of.base == "enum":
            return Kind("enum", words=of.options, of=name)
        forms = {"geo": "place", "bool": "truth", "int": "number", "float": "number", "money": "number", "str": "text"}
        return Kind(forms.get(of.base, "any"), of=name)  # type: ignore[arg-type]

    def refers(self, entity: str, kind: Kind) -> bool:
        """Whether things of `entity` have a field that points to `kind`."""
        types = [each.type for each in self.entities[entity].fields]
        if kind.form == "day":
            return any(each.base in ("date", "daterange") for each in types)
        return any(each.base == "ref" and each.target == kind.entity for each in types)

    def machine(self, entity: str) -> StateMachine | None:
        """Return the state machine of an entity."""
        targets = (each.type.target for each in self.entities[entity].fields if each.type.base == "state")
        return next((self.states[each] for each in targets if each in self.states), None)


@dataclass
class Meaning:
    """Walks an expression with the names in scope; the first thing that makes no sense is raised."""

    nouns: Nouns
    names: Mapping[str, Kind]
    loop: dict[str, Kind] = field(default_factory=dict)

    def check(self, text: str) -> ast.expr:
        """Return the tree of `text`, a condition whose every name, field and function exists."""
        tree = parse(text)
        kind = self.of(tree)
        if kind.form not in ("truth", "any"):
            raise InvalidIntent(f"{text!r} is not a condition", hint="compare something: == != < <= > >=")
        return tree

    def of(self, node: ast.expr) -> Kind:
        """Return what `node` is."""
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return self._field(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.Constant):
            return Kind(
                "truth" if isinstance(node.value, bool) else "text" if isinstance(node.value, str) else "number"
            )
        if isinstance(node, ast.GeneratorExp):
            raise InvalidIntent(f"{write(node)!r} stands outside a function", hint="all(...), any(...) or sum(...)")
        children = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
        if is_implication(node):
            children = children[1:]  # the first is the mark
        for child in children:
            self.of(child)
        if isinstance(node, ast.BoolOp | ast.IfExp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return Kind("truth")
        return Kind("any" if isinstance(node, ast.Tuple) else "number")

    def _name(self, name: str) -> Kind:
        known = {**self.names, **self.loop}
        if name not in known:
            raise InvalidIntent(f"nothing here is called {name!r}", hint=near(name, known))
        return known[name]

    def _field(self, node: ast.Attribute) -> Kind:
        of = self.of(node.value)
        if of.form != "thing":
            raise InvalidIntent(f"{write(node.value)!r} has no fields", hint="only a thing has: booking.state")
        fields = self.nouns.fields(of.entity)
        if node.attr not in fields:
            raise InvalidIntent(f"{of.entity} has no field {node.attr!r}", hint=near(node.attr, fields))
        return fields[node.attr]

    def _compare(self, node: ast.Compare) -> Kind:
        sides = [node.left, *node.comparators]
        kinds = [self.of(each) for each in sides]
        words = next((each for each in kinds if each.form in ("state", "enum")), None)
        if words is not None:
            for each in (inner for side in sides for inner in ast.walk(side)):
                if isinstance(each, ast.Constant) and each.value not in words.words:
                    raise InvalidIntent(f"{words.of} is never {each.value!r}", hint=near(str(each.value), words.words))
        return Kind("truth")

    def _call(self, node: ast.Call) -> Kind:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called in ("all", "any", "sum", "min", "max"):
            return self._over(node, called)
        kinds = [self.of(each) for each in node.args]
        if called == "len" and [each.form for each in kinds] == ["things"]:
            return Kind("number")
        if called == "dist" and [each.form for each in kinds] == ["place", "place"]:
            return Kind("number")
        if called in ("count", "live") and len(kinds) > 1 and kinds[0].form == "type":
            return self._referring(called, kinds[0].entity, dict(zip(node.args[1:], kinds[1:], strict=True)))
        if called in FUNCTIONS:
            raise InvalidIntent(f"{write(node)!r} does not fit {called}", hint=FUNCTIONS[called])
        return self._has(called, dict(zip(node.args, kinds, strict=True)))

    def _over(self, node: ast.Call, called: str) -> Kind:
        inner = node.args[0] if len(node.args) == 1 else None
        if not isinstance(inner, ast.GeneratorExp):
            raise InvalidIntent(f"{write(node)!r} does not fit {called}", hint=FUNCTIONS[called])
        loop = inner.generators[0]
        source = self.of(loop.iter)
        if source.form != "things" or not isinstance(loop.target, ast.Name):
            raise InvalidIntent(
                f"{write(loop.iter)!r} is not a list of things", hint="a search (F1) or live(Entity, thing)"
            )
        within = Meaning(self.nouns, self.names, {**self.loop, loop.target.id: Kind("thing", source.entity)})
        for each in (inner.elt, *loop.ifs):
            within.of(each)
        return Kind("truth" if called in ("all", "any") else "number")

    def _referring(self, called: str, entity: str, things: Mapping[ast.expr, Kind]) -> Kind:
        self._refers(entity, things, FUNCTIONS[called])
        if called == "live" and self.nouns.machine(entity) is None:
            raise InvalidIntent(f"{entity} has no states, so none of it is live", hint="give it a field state(...)")
        return Kind("things", entity) if called == "live" else Kind("number")

    def _has(self, called: str, things: Mapping[ast.expr, Kind]) -> Kind:
        known = {
            f"has_{state}_{snake(entity)}": entity
            for entity in self.nouns.entities
            if (machine := self.nouns.machine(entity)) is not None
            for state in states_of(machine)
        }
        if called not in known:
            raise InvalidIntent(f"no function {called!r}", hint=near(called, [*FUNCTIONS, *known]))
        if not things:
            raise InvalidIntent(f"{called}() does not say of what", hint=f"{called}(thing, ...)")
        self._refers(known[called], things, f"{called}(thing, ...)")
        return Kind("truth")

    def _refers(self, entity: str, things: Mapping[ast.expr, Kind], usage: str) -> None:
        for argument, kind in things.items():
            if not self.nouns.refers(entity, kind):
                raise InvalidIntent(f"{entity} has no reference to {write(argument)!r}", hint=usage)


def states_of(machine: StateMachine) -> tuple[str, ...]:
    """Return every state that a machine names, each once."""
    ends = (state for edge in machine.edges for state in edge)
    return tuple(dict.fromkeys([machine.initial, *ends, *machine.final]))


def snake(entity: str) -> str:
    """Write an entity's name as a variable.

    Examples
    --------
    >>> snake("OrderLine")
    'order_line'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", entity).lower()


def crud_parts(entity: EntityType) -> tuple[str, ...]:
    """Return the parts of a crud operation on `entity`, as steps name them (F7.create); accounts also log in."""
    account = any(each.type.base == "secret" for each in entity.fields)
    return ("create", "get", "update", "delete", *(("login",) if account else ()))


def request_of(operation: Operation, entity: EntityType) -> tuple[Field, ...]:
    """Return an operation's request: as declared, or what its verb takes by default."""
    if operation.inputs:
        return operation.inputs
    if operation.kind in ("create", "reserve", "crud", "link", "publish", "complete", "upload", "tune"):
        return tuple(each for each in entity.fields if each.type.base != "state")
    if operation.kind == "unlink":
        return tuple(each for each in entity.fields if each.type.base == "ref")
    if operation.kind in ("list_by_ref", "count_by_ref"):
        return tuple(each for each in entity.fields if each.name == operation.by)
    if operation.kind == "find_similar":
        return (*(each for each in entity.fields if each.name == operation.by), Field("query", FieldType("str")))
    if operation.kind == "find_by_prefix":
        return (Field("prefix", FieldType("str")),)
    return (Field(snake(entity.name), FieldType("ref", target=entity.name)),) if operation.kind == "transition" else ()
