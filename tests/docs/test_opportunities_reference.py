"""The reference of questions and templates: every example on the page is asked, and the table is the registry."""

from __future__ import annotations

import csv
import dataclasses
import doctest
import io
import math
import re
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest
from tests.docs.pages import ROOT, blocks

from telic.opportunities.experts import expert
from telic.opportunities.judging import Judging
from telic.opportunities.language import InvalidQuestion, hypothesis, kpi, parse_hypothesis, parse_kpi
from telic.opportunities.language.evaluate import Evaluation
from telic.opportunities.language.events import Events
from telic.opportunities.language.file import read_text
from telic.opportunities.language.place import Written
from telic.opportunities.model import Column, Prepared
from telic.opportunities.template import Asking
from telic.opportunities.templates import template

PAGE = "docs/reference/opportunities.md"
BLOCKS = blocks(PAGE)


def column(name: str, values: list[str]) -> Column:
    labels = list(dict.fromkeys(each for each in values if each))
    return Column(name, np.array([labels.index(each) if each else -1 for each in values], dtype=np.int32), labels)


@pytest.fixture(scope="module")
def events() -> Prepared:
    rows = list(csv.DictReader(io.StringIO(next(each for each in BLOCKS if each.startswith("time,session")))))
    sessions = [row["session"] for row in rows]
    groups = list(dict.fromkeys(sessions))
    firsts = [sessions.index(each) for each in groups]
    seconds = [datetime.fromisoformat(f"2026-03-01T{row['time']}+00:00").timestamp() for row in rows]
    return Prepared(
        names=column("event", [row["event"] for row in rows]),
        at=np.array(seconds, dtype=np.int64) * 10**9,
        offsets=np.array([*firsts, len(rows)], dtype=np.int64),
        groups=groups,
        users=np.arange(len(groups), dtype=np.int32),
        of_groups={name: column(name, [rows[first][name] for first in firsts]) for name in ("country", "plan")},
        of_events={"button": column("button", [row["button"] for row in rows])},
        numbers={"price": np.array([float(row["price"] or "nan") for row in rows])},
    )


def answered() -> Iterator[tuple[str, str]]:
    for line in "\n".join(BLOCKS).splitlines():
        text, found, answers = line.partition("  # ")
        if found:
            yield text, answers


@pytest.mark.parametrize(("text", "answers"), list(answered()))
def test_answers(text: str, answers: str, events: Prepared) -> None:
    expected = [math.nan if each == "-" else float(each) for each in re.findall(r"s\d (-|[\d.]+)", answers)]
    if answers.endswith("the same for all"):
        found = Evaluation(Events(events), Written(text)).value(parse_kpi(text).value)
        with pytest.raises(InvalidQuestion, match="for every session"):
            kpi(text, events)
    else:
        found = kpi(text, events).values
    np.testing.assert_allclose(found, expected)


def test_there_are_examples() -> None:
    assert len(list(answered())) >= 40


@pytest.mark.parametrize("block", [each for each in BLOCKS if "^^" in each])
def test_mistakes(block: str, events: Prepared) -> None:
    for each in re.split(r"\n\n", block.strip()):
        question, _, expected = each.partition("\n")
        with pytest.raises(InvalidQuestion) as caught:
            kpi(question, events)
        assert f"{caught.value}\n{caught.value.hint}" == expected


def test_the_file(events: Prepared) -> None:
    (text,) = (each for each in BLOCKS if each.startswith("opportunities: v1"))
    document = read_text(text)
    assert [kpi(each, events).name for each in document.kpis] == ["converted", "error"]
    assert [int(hypothesis(each, events).sum()) for each in document.hypotheses] == [1, 1]
    for _, each in document.made():
        assert any(len(family) for family in each.families(events, Asking()))


def test_python(events: Prepared) -> None:
    text = "\n".join(each for each in BLOCKS if each.startswith(">>>"))
    test = doctest.DocTestParser().get_doctest(text, {"events": events}, PAGE, PAGE, 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_the_table_of_templates_is_the_registry() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    table = page.partition("| template | asks | parameters |\n|---|---|---|\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    made: list[list[str]] = []
    for name in template:
        factory = template.factory(name)
        assert dataclasses.is_dataclass(factory)
        summary = (factory.__doc__ or "").strip().splitlines()[0]
        made.append([name, summary, ", ".join(each.name for each in dataclasses.fields(factory))])
    assert rows == made


def test_the_tables_of_experts_and_settings_are_the_registry_and_the_judge() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for head, names in (
        ("| expert | looks at |\n|---|---|\n", list(expert)),
        ("| setting | without it | means |\n|---|---|---|\n", [each.name for each in dataclasses.fields(Judging)]),
    ):
        table = page.partition(head)[2].partition("\n\n")[0]
        assert [line.split("|")[1].strip() for line in table.splitlines()] == names
    for line in (
        page.partition("| setting | without it | means |\n|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
    ):
        name, default = (cell.strip() for cell in line.split("|")[1:3])
        assert str(getattr(Judging(), name)) == default


def test_the_forms_of_hypotheses_are_in_the_language() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    table = page.partition("| template | hypothesis |\n|---|---|\n")[2].partition("\n\n")[0]
    forms = re.findall(r"`([^`]+)`", table)
    assert len(forms) >= 13
    for each in forms:
        parse_hypothesis(each)
