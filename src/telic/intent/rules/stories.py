"""Use cases walk through operations that exist; checks and invariants speak of things that exist."""

from __future__ import annotations

import re

from telic.intent.meaning import Kind, crud_parts, request_of, snake
from telic.intent.rules.operations import check_expression
from telic.intent.rules.scene import Scene, place
from telic.intent.source import Item
from telic.model.intent import Invariant, Operation, UseCase


def check_use_cases(scene: Scene) -> None:
    """Check steps, the expected error and the check at the end."""
    for use_case, item in scene.pairs(scene.intent.use_cases, "functional.use_cases"):
        steps = [_step(scene, each) for each in place(item, "steps").items]
        if item.get("steps") is not None and not steps:
            scene.findings.add(place(item, "steps"), "a use case has at least one step", "steps: [F1]")
        if use_case.expect_error and steps and steps[-1] is not None:
            errors = steps[-1].errors
            scene.known(place(item, "expect_error"), use_case.expect_error, errors, f"{steps[-1].id} has no error")
        if use_case.check and steps and all(steps):
            names = _names(scene, use_case, [each for each in steps if each is not None])
            check_expression(scene, place(item, "check"), use_case.check, names)


def check_invariants(scene: Scene) -> None:
    """Check that an invariant speaks of what its scope goes through."""
    for invariant, item in scene.pairs(scene.intent.invariants, "functional.invariants"):
        names = _scope(scene, invariant, item)
        if names is not None and invariant.expr:
            check_expression(scene, place(item, "expr"), invariant.expr, {**scene.types, **names})


def _step(scene: Scene, at: Item) -> Operation | None:
    called, dot, part = at.text.partition(".")
    if at.kind != "text" or not scene.known(at, called, scene.operations, "no operation"):
        return None
    operation = scene.operations[called]
    if operation.kind == "crud":
        entity = scene.entities.get(operation.on)
        parts = crud_parts(entity) if entity else (part,)
        if part not in parts:
            hint = ", ".join(f"{called}.{each}" for each in parts)
            scene.findings.add(at, f"{at.text!r} does not say which part of {operation.name}", hint)
    elif dot:
        scene.findings.add(at, f"{called} is {operation.kind} and has no part {part!r}", f"write {called}")
    return operation


def _names(scene: Scene, use_case: UseCase, steps: list[Operation]) -> dict[str, Kind]:
    """What a use case's check may speak of: requests, answers by id, and the things that came of the steps."""
    names: dict[str, Kind] = dict(scene.types)
    for operation in steps:
        if operation.on not in scene.entities:
            continue
        entity = scene.entities[operation.on]
        for each in request_of(operation, entity):
            names.setdefault(each.name, scene.nouns.kind(each.type, each.name))
        many = operation.kind in ("geo_search", "list_by_ref", "find_by_prefix")
        shown = next((each.type.target for each in entity.fields if each.name == operation.show), "")
        if operation.outputs:
            names[operation.id] = scene.nouns.kind(operation.outputs[0], operation.id)
        elif operation.kind == "count_by_ref":
            names["count"] = Kind("number")
            continue
        elif operation.kind == "unlink":
            continue
        elif shown:
            names[operation.id] = Kind("things", shown)
        else:
            names[operation.id] = Kind("things" if many else "thing", entity.name)
        if not many:
            names[snake(entity.name)] = Kind("thing", entity.name)
    return names


def _scope(scene: Scene, invariant: Invariant, item: Item) -> dict[str, Kind] | None:
    if not invariant.scope:
        return {}
    if not scene.entities:
        return None
    at = place(item, "scope")
    found = re.fullmatch(r"per\(\s*([a-z_, ]+?)\s*\)", invariant.scope)
    if not found:
        scene.findings.add(at, f"{invariant.scope!r} is not a scope", "per(name, ...), such as per(hotel, day)")
        return None
    known = {**scene.things, "day": Kind("day")}
    asked = re.split(r"\s*,\s*", found[1])
    fine = [scene.known(at, each, known, "no thing") for each in asked]
    return {each: known[each] for each in asked} if all(fine) else None
