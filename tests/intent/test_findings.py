"""Every rule of the format answers a broken intent with exactly the findings that findings.txt records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from telic.errors import InvalidIntent
from telic.intent import keys, read_text
from telic.intent.findings import SHOWN
from telic.intent.keys.key import Keys
from telic.intent.source import Item, parse

HERE = Path(__file__).parent
ROOMS = (HERE / "rooms.yaml").read_text()


@dataclass(frozen=True)
class Broken:
    """One change to rooms.yaml and what is found."""

    name: str
    old: str
    new: str
    found: tuple[str, ...]


def _read_cases() -> list[Broken]:
    found = []
    for block in (HERE / "findings.txt").read_text().split("\n## ")[1:]:
        name, *lines = block.rstrip("\n").split("\n")
        part = {sign: [line[2:] for line in lines if line.startswith(f"{sign} ")] for sign in "-+>"}
        found.append(Broken(name, "\n".join(part["-"]), "\n".join(part["+"]), tuple(part[">"])))
    return found


CASES = _read_cases()


def _error(text: str) -> InvalidIntent:
    with pytest.raises(InvalidIntent) as caught:
        read_text(text, file="rooms.yaml")
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_rule_is_found_where_it_is_written(case: Broken) -> None:
    assert ROOMS.count(case.old) == 1
    error = _error(ROOMS.replace(case.old, case.new))
    first, *found = str(error).split("\n  ")
    assert found == [f"rooms.yaml:{each}" for each in case.found]
    assert first == f"rooms.yaml: {len(found)} finding" + ("s" if len(found) > 1 else "")


def test_the_intent_that_the_cases_break_is_whole() -> None:
    assert read_text(ROOMS).open == ()


def test_findings_of_all_parts_come_in_one_error_in_the_order_of_the_file() -> None:
    text = ROOMS
    chosen = [each for each in CASES if each.name in ("field type misspelt", "verdict", "keys", "objective target")]
    for case in chosen:
        text = text.replace(case.old, case.new)
    error = _error(text)
    assert str(error).split("\n  ")[1:] == [f"rooms.yaml:{line}" for case in chosen for line in case.found]


def test_machines_get_place_id_message_and_hint() -> None:
    error = _error(ROOMS.replace("hold: 15m", "hold: 15 minutes"))
    assert error.context["file"] == "rooms.yaml"
    assert error.context["findings"] == [
        {
            "line": 15,
            "column": 80,
            "path": "functional.operations[F2].hold",
            "message": "'15 minutes' is not a duration",
            "hint": "a number and ms, s, m, h or d, such as 100ms or 28d",
            "id": "F2",
        }
    ]


def test_a_long_list_is_shown_in_part_and_kept_whole() -> None:
    error = _error("intent: v1\n" + "".join(f"x{number}: 1\n" for number in range(200)))
    assert str(error).endswith("and 153 more")
    assert len(str(error).split("\n")) == SHOWN + 2
    findings = error.context["findings"]
    assert isinstance(findings, list)
    assert len(findings) == 203


PLACES = {
    "an intent": "",
    "the functional part": "functional",
    "an entity": "functional.entities.Room",
    "a state machine": "functional.states.stay",
    "an operation": "functional.operations[F4]",
    "a use case": "functional.use_cases[U2]",
    "an invariant": "functional.invariants[I1]",
    "a rule": "functional.security[S2]",
    "the operational part": "operational",
    "a workload": "operational.workload[W1]",
    "an objective": "operational.slos[O1]",
    "an indicator": "operational.slos[O1].sli",
    "a capacity": "operational.capacity.room",
    "a recovery": "operational.recovery[R1]",
    "a trial": "operational.trials[T2]",
    "an injection": "operational.trials[T2].inject",
    "a loss of capacity": "operational.trials[T1].inject.capacity",
    "an error injection": "operational.trials[T3].inject.error",
    "an injection of pauses": "operational.trials[T5].inject.pause",
    "a set of limits": "operational.limits",
    "a cost limit": "operational.limits.cost",
    "a refinement": "refinement[X1]",
    "a reason": "refinement[X1].because",
    "a change": "refinement[X1].change",
    "a question": "open[Q1]",
}
PAUSES = """    - {id: T5, kind: trigger, inject: {pause: {service: room, to: 30%}, for: 5s}, must: [R1], under: W1}
  limits:"""
ASKING = ROOMS.replace("open: []", "open: [{id: Q1, about: O1, question: How fast?}]").replace("  limits:", PAUSES, 1)


def _below(item: Item) -> Iterator[Item]:
    yield item
    for each in (*item.items, *(value for _, value in item.entries)):
        yield from _below(each)


@pytest.mark.parametrize("which", keys.ALL, ids=lambda which: which.what)
def test_every_mapping_refuses_a_key_that_it_does_not_know(which: Keys) -> None:
    item = next(each for each in _below(parse(ASKING)) if each.path == PLACES[which.what] and each.kind == "mapping")
    lines = ASKING.split("\n")
    before, after = lines[item.line - 1][: item.column - 1], lines[item.line - 1][item.column - 1 :]
    flow = after.startswith("{")
    lines[item.line - 1] = f"{before}{{stray: 1, {after[1:]}" if flow else f"{before}stray: 1\n{before}{after}"
    error = _error("\n".join(lines))
    place = f"{item.line}:{item.column + flow}: {item.path + '.' if item.path else ''}stray"
    assert f"rooms.yaml:{place}: unknown key 'stray' in {which.what} (" in str(error)
