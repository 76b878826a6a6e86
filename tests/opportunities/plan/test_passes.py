"""Each pass turns a plan into one that asks the same: shown before and after, and run both ways."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from tests.docs.pages import ROOT
from tests.opportunities.plan.questions import KPIS, TABLE, asked, cohorts
from tests.opportunities.templates.small import small

from telic.errors import UsageError
from telic.opportunities.plan import (
    Node,
    Table,
    at_least,
    choice,
    events,
    merge,
    optimised,
    picture,
    printed,
    run,
    sql,
    totals,
)
from telic.opportunities.plan.passes import PASSES
from telic.opportunities.template import Asking
from telic.opportunities.templates import template

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def query() -> Iterator[Callable[[str], list[Any]]]:
    with duckdb.connect() as connection:
        connection.register("events", small().events)
        yield lambda statement: connection.execute(statement).fetchall()


def before(number: int) -> tuple[Node, ...]:
    """Return the plan that a pass is given."""
    found = (*cohorts(), *(asked()[key] for key in ("event attribute", "attribute", "second on os")))
    for each in PASSES[:number]:
        found = each(found)
    return found


@pytest.mark.parametrize("number", range(len(PASSES)))
def test_a_pass_changes_a_plan_as_its_golden_file_says(number: int) -> None:
    given = before(number)
    found = PASSES[number](given)
    separately = PASSES[number].__name__ == "merge_equal"  # before it, nothing is shared
    shown = "\n\n".join(printed([each]) for each in given) if separately else printed(given)
    text = f"before\n\n{shown}\n\nafter\n\n{printed(found)}\n"
    assert text == (GOLDEN / f"{PASSES[number].__name__}.txt").read_text()


def test_equal_nodes_are_one_object_afterwards() -> None:
    given = before(0)
    every = merge(PASSES[0](given))
    assert len({id(each) for root in PASSES[0](given) for each in merge([root])}) == len(every)
    assert len({id(each) for root in given for each in merge([root])}) > len(every)


@pytest.mark.parametrize("number", range(len(PASSES) + 1))
def test_after_each_pass_the_answers_are_the_same(number: int, query: Callable[[str], list[Any]]) -> None:
    found = cohorts()
    wanted = run(found, query)
    for each in PASSES[:number]:
        found = each(found)
    for one, other in zip(wanted, run(found, query), strict=True):
        assert one.labels == other.labels
        assert np.array_equal(one.groups, other.groups)
        assert np.array_equal(one.sums, other.sums)


def test_groups_are_the_same_after_all_passes(query: Callable[[str], list[Any]]) -> None:
    for key, question in asked().items():
        assert sorted(query(sql(question))) == sorted(query(sql(optimised([question])[0]))), key


def test_an_optimised_plan_reads_the_events_once_and_names_no_cohort() -> None:
    (statement,) = {sql(each.inputs[0]) for each in optimised(cohorts())}
    assert statement.count("FROM events") == 1
    assert statement.count("GROUPING SETS") == 1
    assert "FILTER" not in statement


def test_more_columns_than_a_mask_has_room_for_are_several_aggregations(
    query: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["telic.opportunities.plan.passes.grouping_sets"], "WIDEST", 2)
    found = optimised(cohorts())
    assert [each.op for each in found] == ["pick", "pick", "pick", "totals"]
    for one, other in zip(run(cohorts(), query), run(found, query), strict=True):
        assert one.labels == other.labels
        assert np.array_equal(one.sums, other.sums)


def test_combinations_of_many_columns_are_not_looked_for() -> None:
    """They would be almost as many as there are groups."""
    for columns, wanted in ((8, "cells"), (9, "derive")):
        asked_by = [choice(at_least(events(), bound), "yes", "no") for bound in range(columns)]
        found = optimised([totals(TABLE, [each]) for each in asked_by])
        assert {each.inputs[0].inputs[0].op for each in found} == {wanted}


def test_a_plan_is_drawn_with_a_box_for_each_step_and_its_texts_escaped() -> None:
    drawn = picture(optimised(cohorts()), title="<plan>")
    assert drawn.count("<rect") == 7
    assert drawn.count("<path") == 6
    assert "<plan>" not in drawn
    assert drawn.startswith("<svg ")
    assert "&#39;a&#39;" in drawn


def test_a_question_that_cannot_be_answered_is_refused_where_it_is_asked() -> None:
    with pytest.raises(UsageError, match="text by group"):
        totals(Table(), [KPIS[0]])
    with pytest.raises(UsageError, match="no unit of time"):
        Table(unit="fortnight")
    with pytest.raises(UsageError, match="has no totals"):
        run([asked()["use"]], lambda _: [])


def test_what_templates_have_asked_is_one_plan_with_the_answers_of_their_families(
    query: Callable[[str], list[Any]],
) -> None:
    asking, prepared = Asking(), small().prepared
    found: dict[tuple[str, ...], int] = {}
    for name in ("lifecycle", "crosses", "inactivity"):
        for family in template.create(name, **template.examples[name]).families(prepared, asking):
            for row, support in enumerate(family.support().tolist()):
                params = family.hypothesis(row).params
                found[tuple(str(params[key]) for key in ("use", "value", "away") if key in params)] = support
    plan = asking.plan(KPIS)
    assert [printed(plan).count(f" {each} ") for each in ("scan", "reduce", "grouping sets,")] == [1, 1, 1]
    uses, crosses, now, before, never = run(plan, query)
    counted = {
        labels: count for each in (uses, crosses) for labels, count in zip(each.labels, each.groups, strict=True)
    }
    counted |= {
        (away,): each.groups[each.labels.index(("in it",))]
        for away, each in (("until now", now), ("before", before), ("never", never))
    }
    assert found.items() <= counted.items()
    assert len(found) > 10


def test_every_pass_is_told_on_the_page_in_its_order() -> None:
    page = (ROOT / "docs/reference/opportunities.md").read_text()
    places = [page.index(f"| {each.__name__} | ") for each in PASSES]
    assert places == sorted(places)
