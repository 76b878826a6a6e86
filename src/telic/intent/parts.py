"""An intent as parts by id, so that two can be compared and each part have a status."""

from __future__ import annotations

import re
from collections.abc import Mapping

from telic.intent.meaning import snake
from telic.model.intent import Intent


def parts(intent: Intent) -> dict[str, object]:
    """Return every part under the id that one cites.

    Leaves have their own (F1); entities go by name (Hotel), lives by ``states.booking``, capacity by
    ``capacity.hotel``, settings by ``settings.hotel``, staleness by ``staleness.F1``; then
    ``system``, ``text`` and ``processes``.
    """
    found: dict[str, object] = {"system": intent.system, "text": intent.text}
    found |= {each.name: each for each in intent.entities}
    found |= {f"states.{each.name}": each for each in intent.states}
    found |= {each.id: each for each in intent.operations}
    found |= {each.id: each for each in intent.use_cases}
    found |= {each.id: each for each in intent.invariants}
    found |= {each.id: each for each in (*intent.security, *intent.design)}
    found |= {each.id: each for each in intent.workloads}
    found |= {each.id: each for each in intent.objectives}
    found |= {f"capacity.{each.service}": each for each in intent.capacity}
    found |= {f"settings.{each}": values for each, values in intent.settings.items()}
    found |= {each.id: each for each in intent.recovery}
    found |= {each.id: each for each in intent.trials}
    found |= {f"staleness.{each}": limit for each, limit in intent.staleness.items()}
    return found | {"processes": intent.max_processes}


def cited(intent: Intent) -> tuple[str, ...]:
    """Return the ids of all leaves, in the order of the file: F1 ... U1 ... O1 ... T1."""
    return tuple(key for key, part in parts(intent).items() if key and key == getattr(part, "id", None))


def section_of(intent: Intent) -> dict[str, tuple[str, ...]]:
    """Return for each part the sections that it stands in, the widest first."""
    does, how = "functional", "operational"
    found: dict[str, tuple[str, ...]] = {"text": ("text",), "processes": (how, "limits")}
    groups: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = (
        ((does, "entities"), tuple(each.name for each in intent.entities)),
        ((does, "states"), tuple(f"states.{each.name}" for each in intent.states)),
        ((does, "operations"), tuple(each.id for each in intent.operations)),
        ((does, "use_cases"), tuple(each.id for each in intent.use_cases)),
        ((does, "invariants"), tuple(each.id for each in intent.invariants)),
        ((does, "security"), tuple(each.id for each in intent.security)),
        ((does, "design"), tuple(each.id for each in intent.design)),
        ((how, "workload"), tuple(each.id for each in intent.workloads)),
        ((how, "slos"), tuple(each.id for each in intent.objectives)),
        ((how, "capacity"), tuple(f"capacity.{each.service}" for each in intent.capacity)),
        ((how, "settings"), tuple(f"settings.{each}" for each in intent.settings)),
        ((how, "recovery"), tuple(each.id for each in intent.recovery)),
        ((how, "trials"), tuple(each.id for each in intent.trials)),
        ((how, "limits"), tuple(f"staleness.{each}" for each in intent.staleness)),
    )
    return found | {key: sections for sections, keys in groups for key in keys}


def uses(intent: Intent) -> Mapping[str, frozenset[str]]:
    """Return for each part the parts that it directly speaks of."""
    names = {snake(each.name): each.name for each in intent.entities}
    found: dict[str, set[str]] = {key: set() for key in parts(intent)}
    for entity in intent.entities:
        for field in entity.fields:
            found[entity.name].add(f"states.{field.type.target}" if field.type.base == "state" else field.type.target)
    for operation in intent.operations:
        targets = {each.type.target for each in operation.inputs} | {each.target for each in operation.outputs}
        found[operation.id] |= {operation.on, operation.stock.split(".")[0], *targets, f"staleness.{operation.id}"}
        found[operation.id] |= {operation.deliver.split(".")[0], operation.through.split(".")[0]}
        found[operation.id] |= _spoken(operation.requires, names)
        if operation.filter:
            found[operation.id] |= {each.on for each in intent.operations if each.kind == "reserve"}
        if operation.calls:
            found[operation.id] |= {
                each.name for each in intent.entities if operation.calls.startswith(f"{each.owner}.")
            }
    for use_case in intent.use_cases:
        found[use_case.id] |= {each.split(".")[0] for each in use_case.steps}
    for invariant in intent.invariants:
        found[invariant.id] |= _spoken(f"{invariant.expr} {invariant.scope}", names)
    for workload in intent.workloads:
        found[workload.id] |= set(workload.mix)
    for objective in intent.objectives:
        found[objective.id] |= {objective.under, f"capacity.{objective.service}"}
    for recovery in intent.recovery:
        found[recovery.id].add(recovery.metric[8:-1])
    for trial in intent.trials:
        hurt = (each["service"] for each in trial.inject.values() if isinstance(each, Mapping))
        found[trial.id] |= {*trial.must, *(f"capacity.{each}" for each in hurt)}
    for rule in intent.security:
        found[rule.id] |= _spoken(rule.rule, names)
        if rule.rule.startswith("pii "):
            found[rule.id] |= {each.name for each in intent.entities if each.pii}
    return {key: frozenset(each & found.keys() - {key}) for key, each in found.items()}


def _spoken(text: str, names: Mapping[str, str]) -> set[str]:
    """Entities that a text names, as types or as things."""
    words = set(re.findall(r"[A-Za-z][A-Za-z0-9]*(?:_[a-z0-9]+)*", text))
    return {entity for thing, entity in names.items() if thing in words or entity in words or f"_{thing}(" in text}
