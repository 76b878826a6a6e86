"""Entities refer to what exists; every state of a life can be reached, and final ones are never left."""

from __future__ import annotations

from telic.intent.meaning import states_of
from telic.intent.rules.scene import Scene, place
from telic.intent.services import RESERVED
from telic.intent.source import Item
from telic.model.intent import EntityType, StateMachine


def check_entities(scene: Scene) -> None:
    """Check keys, references, owners and personal data."""
    where = scene.find("functional.entities")
    if where is not None and where.kind == "mapping" and not where.entries:
        scene.findings.add(
            where, "there is no entity", "write at least one: Note: {key: note_id, fields: {...}, owner: note}"
        )
    for entity, item in scene.pairs(scene.intent.entities, "functional.entities"):
        _check_entity(scene, entity, item)


def check_states(scene: Scene) -> None:
    """Check that lives start, go everywhere and end; and that some entity has each."""
    used = {field.type.target for each in scene.intent.entities for field in each.fields if field.type.base == "state"}
    for machine, item in scene.pairs(scene.intent.states, "functional.states"):
        if machine.name and machine.name not in used and not scene.findings.under("functional.entities"):
            scene.findings.add(item, f"no entity has the states of {machine.name!r}", f"a field: state({machine.name})")
        _check_machine(scene, machine, item)


def _check_entity(scene: Scene, entity: EntityType, item: Item) -> None:
    fields = place(item, "fields")
    if item.get("fields") is not None and fields.kind == "mapping" and not fields.entries:
        scene.findings.add(fields, f"{entity.name} has no field", "write fields: {title: str<=80}")
    for field in entity.fields:
        at = place(fields, field.name)
        scene.check_type(at, field.type)
        if field.name and field.name == entity.key:
            scene.findings.add(
                at, f"{field.name!r} is the key of {entity.name} too", "the system makes keys; delete the field"
            )
    lives = [each.name for each in entity.fields if each.type.base == "state"]
    if len(lives) > 1:
        scene.findings.add(fields, f"{entity.name} has {len(lives)} states: {', '.join(lives)}", "one life an entity")
    if entity.owner in RESERVED:
        message = f"{entity.owner!r} is the name of a part that every system has"
        scene.findings.add(place(item, "owner"), message, "choose another owner")
    for at in place(item, "pii").items:
        scene.known(at, at.text, [each.name for each in entity.fields], f"{entity.name} has no field")


def _check_machine(scene: Scene, machine: StateMachine, item: Item) -> None:
    states, add = states_of(machine), scene.findings.add
    unread = scene.findings.under(item.path)
    leaving = {each: [b for a, b in machine.edges if a == each] for each in states}
    for at in place(item, "final").items:
        if exits := leaving.get(at.text):
            add(at, f"final state {at.text!r} is left: {at.text}->{exits[0]}", "delete the edge, or it is not final")
    for index, at in enumerate(place(item, "edges").items):
        edge = at.text.replace(" ", "")
        if edge in (each.text.replace(" ", "") for each in place(item, "edges").items[:index]):
            add(at, f"edge {edge!r} is written twice", "delete one")
    reached, ahead = {machine.initial}, [machine.initial]
    while ahead:
        new = [each for each in leaving.get(ahead.pop(), ()) if each not in reached]
        reached.update(new)
        ahead.extend(new)
    for state in states:
        if unread:
            continue
        if state not in reached and machine.initial:
            add(
                item,
                f"state {state!r} cannot be reached from {machine.initial!r}",
                f"an edge to it, such as {machine.initial}->{state}",
            )
        elif machine.final and not leaving[state] and state not in machine.final:
            add(item, f"state {state!r} has no exit and is not final", f"add it to final, or an edge {state}->...")
