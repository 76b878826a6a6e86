"""The reference page lists exactly the keys, verbs, types, functions and rules that the reader knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from telic import intent
from telic.intent import keys, read_text, require_complete
from telic.intent.field_types import BASES, read_type
from telic.intent.keys.functional import OPERATION
from telic.intent.keys.key import Keys
from telic.intent.meaning import FUNCTIONS
from telic.intent.rules.operations import COMMON, VERB_KEYS
from telic.intent.rules.policies import DESIGN, SECURITY
from telic.model.intent import Verb

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "intent.md").read_text()


def _rows(heading: str) -> list[list[str]]:
    """Cells of the table below a heading, without its head."""
    (section,) = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S)
    lines = [line for line in section.split("\n") if line.startswith("|")]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@pytest.mark.parametrize("which", keys.ALL, ids=lambda which: which.what)
def test_every_key_has_its_row(which: Keys) -> None:
    heading = f"{which.what[0].upper()}{which.what[1:]}: `{which.at}`"
    assert _rows(heading) == [
        [f"`{each.name}`", each.form, "yes" if each.required else "", each.meaning] for each in which.all
    ]


def test_no_table_is_about_keys_that_the_reader_does_not_know() -> None:
    keys_part = PAGE.partition("\n## Keys\n")[2].partition("\n## Verbs\n")[0]
    assert keys_part.count("\n### ") == len(keys.ALL)


def test_every_verb_has_its_row() -> None:
    found = {row[0].strip("`"): tuple(re.findall(r"`(\w+)`", cell) for cell in row[2:]) for row in _rows("Verbs")}
    assert found == {verb: (list(needed), list(possible)) for verb, (needed, possible) in VERB_KEYS.items()}
    assert set(VERB_KEYS) == set(get_args(Verb))


def test_every_key_of_an_operation_belongs_to_all_verbs_or_to_some() -> None:
    of_verbs = {name for needed, possible in VERB_KEYS.values() for name in (*needed, *possible)}
    assert of_verbs | set(COMMON) == set(OPERATION.names)


def test_the_types_that_the_page_shows_are_read_and_are_all() -> None:
    shown = [each for row in _rows("Types") for each in re.findall(r"`([^`]+)`", row[0])]
    read = [read_type(each) for each in shown if each not in ("Hotel", "[Hotel]")]
    assert {each.base for each in read} == set(BASES)


def test_every_function_and_rule_is_on_the_page() -> None:
    assert [row[0].strip("`") for row in _rows("Expressions")] == [*FUNCTIONS, "has_<state>_<entity>"]
    assert re.findall(r"`([^`]+)`", "".join(row[1] for row in _rows("Rules"))) == [
        SECURITY[0],
        SECURITY[1],
        "pii",
        *DESIGN,
    ]


def test_the_example_of_the_page_is_a_complete_intent() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    assert require_complete(read_text(example)).system == "lists"


def test_the_calls_of_the_page_exist_and_the_exports_are_sorted() -> None:
    calls = [
        each for row in _rows("What can be done with an intent") for each in re.findall(r"`(?:intent\.)?(\w+)", row[0])
    ]
    assert calls
    assert all(hasattr(intent, each) for each in calls)
    assert intent.__all__ == sorted(intent.__all__)
    assert all(hasattr(intent, each) for each in intent.__all__)
