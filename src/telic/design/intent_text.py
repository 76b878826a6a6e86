"""Writes an intent as YAML that reads back as the same intent; its meaning is kept, not its layout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from telic.intent.field_types import write_type
from telic.intent.units import write_duration
from telic.model.intent import Field, Intent, Operation, Trial, Workload

PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.%/>=<()| ^-]*[A-Za-z0-9_.%)])?")
"""Text that means the same without quotes, also inside braces."""

Tree = str | list["Tree"] | dict[str, "Tree"]


def intent_text(intent: Intent) -> str:
    """Return the text of `intent`, an entry a line."""
    lines = ["intent: v1", f"system: {intent.system}", f"text: {json.dumps(intent.text, ensure_ascii=False)}"]
    lines += ["functional:", *_part(_functional(intent))]
    lines += ["operational:", *_part(_operational(intent))]
    refinements: list[Tree] = [
        _kept(
            id=each.id,
            at=each.at,
            because={key: str(value) for key, value in each.because.items()},
            change={key: _plain(value) for key, value in each.change.items()},
            level=each.level,
            tried=list(each.tried),
        )
        for each in intent.refinements
    ]
    questions: list[Tree] = [{"id": each.id, "about": each.about, "question": each.question} for each in intent.open]
    lines += [f"refinement: {_flow(refinements)}", f"open: {_flow(questions)}"]
    return "\n".join(lines) + "\n"


def _functional(intent: Intent) -> dict[str, Tree]:
    return {
        "entities": {
            each.name: _kept(key=each.key, fields=_fields(each.fields), owner=each.owner, pii=list(each.pii))
            for each in intent.entities
        },
        "states": {
            each.name: _kept(initial=each.initial, edges=[f"{a}->{b}" for a, b in each.edges], final=list(each.final))
            for each in intent.states
        },
        "operations": [_operation(each) for each in intent.operations],
        "use_cases": [
            _kept(
                id=each.id, actor=each.actor, steps=list(each.steps), check=each.check, expect_error=each.expect_error
            )
            for each in intent.use_cases
        ],
        "invariants": [_kept(id=each.id, expr=each.expr, scope=each.scope) for each in intent.invariants],
        "security": [{"id": each.id, "rule": each.rule} for each in intent.security],
        "design": [{"id": each.id, "rule": each.rule} for each in intent.design],
    }


def _operational(intent: Intent) -> dict[str, Tree]:
    limits = _kept(
        cost={"processes": str(intent.max_processes)} if intent.max_processes else {},
        staleness={key: write_duration(value) for key, value in intent.staleness.items()},
    )
    return {
        "workload": [_workload(each) for each in intent.workloads],
        "slos": [
            {
                "id": each.id,
                "service": each.service,
                "sli": _kept(ratio=each.sli, below=write_duration(each.below) if each.below else ""),
                "target": _number(each.target),
                "window": write_duration(each.window),
                "test_window": write_duration(each.test_window),
                "under": each.under,
            }
            for each in intent.objectives
        ],
        "capacity": {
            each.service: {"slots": str(each.slots), "service_time": write_duration(each.service_time)}
            for each in intent.capacity
        },
        "settings": {service: dict(values) for service, values in intent.settings.items()},
        "recovery": [
            _kept(
                id=each.id,
                metric=each.metric,
                to=_number(each.to),
                of=each.of,
                within=write_duration(each.within),
                after=each.after,
            )
            for each in intent.recovery
        ],
        "trials": [
            _kept(id=each.id, kind=each.kind, inject=_inject(each), must=list(each.must), under=each.under)
            for each in intent.trials
        ],
        "limits": limits,
    }


def _operation(each: Operation) -> dict[str, Tree]:
    outputs = [write_type(kind) for kind in each.outputs]
    return _kept(
        id=each.id,
        name=each.name,
        kind=each.kind,
        on=each.on,
        **{"in": _fields(each.inputs)},
        out=list(outputs) if each.outputs and each.outputs[0].many else "".join(outputs),
        stock=each.stock,
        hold=write_duration(each.hold) if each.hold else "",
        edge="->".join(each.edge) if each.edge else "",
        calls=each.calls,
        by=each.by,
        order=each.order,
        filter=each.filter,
        requires=each.requires,
        show=each.show,
        deliver=each.deliver,
        through=each.through,
        **{"async": "true" if each.later else ""},
        auth="" if each.auth == "none" else each.auth,
        idempotent=_idempotent(each),
        errors=dict(each.errors),
    )


def _idempotent(each: Operation) -> str:
    if each.kind in (
        "reserve",
        "transition",
        "create",
        "crud",
        "publish",
        "complete",
        "upload",
        "tune",
    ):  # these have to say
        return "true" if each.idempotent else "false"
    return "true" if each.idempotent else ""


def _workload(each: Workload) -> dict[str, Tree]:
    return {
        "id": each.id,
        "name": each.name,
        "arrival": each.arrival,
        "rate": f"{_number(each.rate)}/s",
        "mix": {key: _number(value) for key, value in each.mix.items()},
        "keys": f"zipf({_number(each.keys.exponent)}, {each.keys.count})",
        "for": write_duration(each.duration),
    }


def _inject(trial: Trial) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    for key, value in trial.inject.items():
        found[key] = write_duration(float(str(value))) if key == "for" else _plain(value)
        if isinstance(value, Mapping) and "every" in value:
            found[key] = {**_plain(value), "every": write_duration(float(str(value["every"])))}  # type: ignore[dict-item]
    return found


def _fields(fields: Iterable[Field]) -> dict[str, Tree]:
    return {each.name: write_type(each.type) for each in fields}


def _plain(value: object) -> Tree:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _number(value) if isinstance(value, float) else str(value)


def _kept(**parts: Tree) -> dict[str, Tree]:
    """Return the parts that say something."""
    return {key: value for key, value in parts.items() if value}


def _number(value: float) -> str:
    text = f"{Decimal(repr(float(value))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _part(tree: Mapping[str, Tree]) -> list[str]:
    lines = []
    for key, value in tree.items():
        if not value:
            continue
        lines.append(f"  {key}:")
        if isinstance(value, list):
            lines += [f"    - {_flow(each)}" for each in value]
        elif isinstance(value, dict):
            lines += [f"    {name}: {_flow(each)}" for name, each in value.items()]
    return lines


def _flow(tree: Tree) -> str:
    if isinstance(tree, list):
        return f"[{', '.join(map(_flow, tree))}]"
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in tree.items()) + "}"
    return tree if PLAIN.fullmatch(tree) else json.dumps(tree, ensure_ascii=False)
