"""Each verb takes its own keys, and they name what exists and fits."""

from __future__ import annotations

from collections.abc import Callable

from telic.errors import InvalidIntent
from telic.intent.findings import near
from telic.intent.keys.functional import OPERATION
from telic.intent.meaning import Kind, Meaning, request_of
from telic.intent.rules.scene import Scene, place
from telic.intent.source import Item
from telic.model.intent import EntityType, FieldType, Operation

COMMON = ("id", "name", "kind", "on", "in", "out", "errors", "auth")
VERB_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "geo_search": (("in",), ("filter",)),
    "reserve": (("stock", "hold", "idempotent"), ()),
    "transition": (("edge", "idempotent"), ("calls",)),
    "list_by_ref": (("by",), ("order", "show")),
    "count_by_ref": (("by",), ()),
    "find_by_prefix": (("by",), ()),
    "create": (("idempotent",), ("requires",)),
    "link": ((), ("calls",)),
    "unlink": ((), ()),
    "publish": (("deliver", "through", "idempotent"), ("async",)),
    "crud": (("idempotent",), ()),
    "complete": (("calls", "idempotent"), ()),
    "upload": (("idempotent",), ()),
    "tune": (("idempotent",), ()),
    "find_similar": (("by",), ()),
    "custom": (("in", "idempotent"), ()),
}
"""What each verb needs and what it may have, besides `COMMON`."""


def check(scene: Scene) -> None:
    """Check every operation."""
    where = scene.find("functional.operations")
    if where is not None and where.kind == "list" and not where.items:
        scene.findings.add(
            where, "there is no operation", "write at least one: {id: F1, name: ..., kind: create, on: ...}"
        )
    for operation, item in scene.pairs(scene.intent.operations, "functional.operations"):
        if place(item, "kind").text in VERB_KEYS:
            _check_keys(scene, operation.kind, item)
        for at, kind in _types(operation, item):
            scene.check_type(at, kind)
        known = scene.known(place(item, "on"), operation.on, scene.entities, "no entity")
        if known and not scene.doubtful(operation.on):
            entity = scene.entities[operation.on]
            _check_auth(scene, operation, entity, item)
            if operation.kind in _CHECKS:
                _CHECKS[operation.kind](scene, operation, entity, item)


def _check_keys(scene: Scene, verb: str, item: Item) -> None:
    needed, possible = VERB_KEYS[verb]
    forms = {each.name: each.form for each in OPERATION.all}
    for name in needed:
        if item.get(name) is None:
            scene.findings.add(item, f"{verb} needs the key {name!r}", f"{name}: {forms[name]}")
    for key, _ in item.entries:
        if key.text in forms and key.text not in (*COMMON, *needed, *possible):
            takes = ", ".join((*needed, *possible))
            scene.findings.add(key, f"{verb} takes no key {key.text!r}", f"of its own it takes {takes or 'none'}")


def _check_auth(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    around = [entity, *(scene.entities[f.type.target] for f in entity.fields if f.type.target in scene.entities)]
    if operation.auth == "self" and not any(f.type.base == "secret" for each in around for f in each.fields):
        message = f"nobody can prove to be the user of {entity.name}: no secret field"
        scene.findings.add(place(item, "auth"), message, "a field password: secret on the entity that logs in")


def _check_search(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    if not _has(entity, "geo"):
        scene.findings.add(place(item, "on"), f"{entity.name} has no place to search by", "give it a field of type geo")
    located = [f for f in operation.inputs if f.type.base == "geo" or _has(scene.entities.get(f.type.target), "geo")]
    if item.get("in") is not None and not located:
        scene.findings.add(
            place(item, "in"), "nothing says where to search", "at: geo, or a reference to a thing with a place"
        )
    if operation.filter:
        reserved = [each.stock.split(".")[0] for each in scene.intent.operations if each.kind == "reserve"]
        if entity.name not in reserved and "" not in reserved:
            scene.findings.add(
                place(item, "filter"), f"nothing reserves {entity.name}", "a reserve operation with its stock"
            )
        if not any(each.type.base == "daterange" for each in operation.inputs):
            scene.findings.add(
                place(item, "filter"), "availability needs days to look at", "in: {..., days: daterange}"
            )


def _check_reserve(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    at = place(item, "stock")
    kept, _, field = operation.stock.partition(".")
    if operation.stock and not field:
        scene.findings.add(at, f"{operation.stock!r} is not Entity.field", "such as Hotel.rooms")
    elif operation.stock and scene.known(at, kept, scene.entities, "no entity"):
        fields = {each.name: each.type.base for each in scene.entities[kept].fields}
        if scene.known(at, field, fields, f"{kept} has no field") and fields[field] not in ("int", ""):
            scene.findings.add(at, f"{operation.stock} is {fields[field]}, stock is counted", "a field of type int")
        if not any(each.type.base == "ref" and each.type.target == kept for each in entity.fields):
            scene.findings.add(at, f"{entity.name} does not refer to {kept}", f"give it a field of type ref({kept})")
    if scene.nouns.machine(entity.name) is None:
        scene.findings.add(
            place(item, "on"), f"{entity.name} has no states, so a hold cannot end", "give it a field state(...)"
        )


def _check_transition(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    machine, at = scene.nouns.machine(entity.name), place(item, "edge")
    if machine is None:
        scene.findings.add(place(item, "on"), f"{entity.name} has no states to change", "give it a field state(...)")
    elif operation.edge and operation.edge not in machine.edges and not scene.findings.under("functional.states"):
        edge = "->".join(operation.edge)
        scene.findings.add(
            at, f"{machine.name} has no edge {edge!r}", near(edge, ["->".join(e) for e in machine.edges])
        )
    _check_calls(scene, operation, item)


def _check_calls(scene: Scene, operation: Operation, item: Item) -> None:
    if operation.calls:
        service, dot, called = operation.calls.partition(".")
        owners = [each.owner for each in scene.intent.entities if each.owner]
        if not dot or not called.isidentifier():
            scene.findings.add(
                place(item, "calls"), f"{operation.calls!r} is not service.operation", "such as payment.charge"
            )
        else:
            scene.known(place(item, "calls"), service, owners, "no owner")


def _check_list(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    _check_field(scene, entity, place(item, "by"), operation.by, "ref")
    _check_field(scene, entity, place(item, "show"), operation.show, "ref")


def _check_prefix(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    _check_field(scene, entity, place(item, "by"), operation.by, "str")


def _check_link(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    ends = [each.name for each in entity.fields if each.type.base == "ref"]
    if len(ends) != 2:
        message = f"{entity.name} has {len(ends)} references, a link has two ends"
        scene.findings.add(place(item, "on"), message, "fields such as {follower: ref(User), followed: ref(User)}")
    _check_calls(scene, operation, item)


def _check_publish(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    for key, text in (("deliver", operation.deliver), ("through", operation.through)):
        of, dot, field = text.partition(".")
        at = place(item, key)
        if text and not dot:
            scene.findings.add(at, f"{text!r} is not Entity.field", "such as Entry.reader")
        elif text and scene.known(at, of, scene.entities, "no entity"):
            _check_field(scene, scene.entities[of], at, field, "ref")
    if operation.later:
        _check_lateness(scene, operation, item)


def _check_lateness(scene: Scene, operation: Operation, item: Item) -> None:
    """Whoever reads what is delivered later has to be content with an older answer."""
    delivered = operation.deliver.partition(".")[0]
    for each in scene.intent.operations:
        reads = each.kind in ("list_by_ref", "count_by_ref") and each.on == delivered
        if reads and scene.intent.staleness.get(each.id, 0.0) <= 0:
            message = f"{operation.id} delivers {delivered} behind a queue, and {each.id} {each.name} may not be late"
            scene.findings.add(place(item, "async"), message, f"limits: {{staleness: {{{each.id}: 5s}}}}, or no async")


def _check_field(scene: Scene, entity: EntityType, at: Item, name: str, base: str) -> None:
    bases = {each.name: each.type.base for each in entity.fields}
    if scene.known(at, name, bases, f"{entity.name} has no field") and bases[name] != base:
        wanted = {"ref": "a reference", "str": "a text"}[base]
        message = f"{entity.name}.{name} is {bases[name]}, not {wanted}"
        scene.findings.add(at, message, f"name a field of type {'ref(...)' if base == 'ref' else base}")


def _check_create(scene: Scene, operation: Operation, entity: EntityType, item: Item) -> None:
    if operation.requires:
        asked = {each.name: scene.nouns.kind(each.type, each.name) for each in request_of(operation, entity)}
        check_expression(scene, place(item, "requires"), operation.requires, {**scene.types, **asked})


def check_expression(scene: Scene, at: Item, text: str, names: dict[str, Kind]) -> None:
    """Note what makes no sense in an expression."""
    if scene.findings.under("functional.entities", "functional.states", at.path.rpartition(".")[0] + ".in"):
        return  # what it speaks of may only be misspelt there
    try:
        Meaning(scene.nouns, names).check(text)
    except InvalidIntent as error:
        scene.findings.add(at, str(error), error.hint)


def _types(operation: Operation, item: Item) -> list[tuple[Item, FieldType]]:
    out = place(item, "out")
    answers = [(out.items[0] if out.items else out, each) for each in operation.outputs]
    return [(place(item, "in", each.name), each.type) for each in operation.inputs] + answers


def _has(entity: EntityType | None, base: str) -> bool:
    return entity is not None and any(each.type.base == base for each in entity.fields)


_CHECKS: dict[str, Callable[[Scene, Operation, EntityType, Item], None]] = {
    "geo_search": _check_search,
    "reserve": _check_reserve,
    "transition": _check_transition,
    "list_by_ref": _check_list,
    "count_by_ref": _check_list,
    "find_by_prefix": _check_prefix,
    "create": _check_create,
    "link": _check_link,
    "unlink": _check_link,
    "publish": _check_publish,
    "complete": lambda scene, operation, entity, item: _check_calls(scene, operation, item),
    "find_similar": _check_list,
}
