"""Every registered template keeps the same promises."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache

import duckdb
import numpy as np
import pytest
from tests.opportunities.templates.small import Small, small

from telic.opportunities.model import Family, Hypothesis
from telic.opportunities.template import Asking, hypothesis
from telic.opportunities.templates import template

NAMES = tuple(template)
MOST = 12
"""Statements that are run for one template."""


@pytest.fixture(scope="module")
def given() -> Small:
    return small()


def families(name: str, data: Small, least: int = 1) -> list[Family]:
    return list(template.create(name, **template.examples[name]).families(data.prepared, Asking(least=least)))


@cache
def once(name: str) -> tuple[tuple[Hypothesis, tuple[int, ...], int], ...]:
    """Return all that a template asks of the small data."""
    return tuple(asked(families(name, small())))


def asked(found: list[Family]) -> Iterator[tuple[Hypothesis, tuple[int, ...], int]]:
    """Return each hypothesis with its members and its support."""
    for family in found:
        held = family.members(np.arange(len(family), dtype=np.int64))
        support = family.support()
        for row in range(len(family)):
            groups = held.groups[held.indptr[row] : held.indptr[row + 1]]
            yield family.hypothesis(row), tuple(groups.tolist()), int(support[row])


@pytest.mark.parametrize("name", NAMES)
def test_its_example_asks_something_and_twice_the_same(name: str, given: Small) -> None:
    again = families(name, given)
    assert once(name)
    assert once(name) == tuple(asked(again))
    assert all(family.template == name for family in again)


@pytest.mark.parametrize("name", NAMES)
def test_its_figures_are_those_of_its_members(name: str, given: Small) -> None:
    values = np.random.default_rng(3).random(given.prepared.size)
    for family in families(name, given):
        rows = np.arange(len(family), dtype=np.int64)[::-1]
        held = family.members(rows)
        support, totals = family.support(), family.totals(values)
        assert len(held) == len(family)
        for place, row in enumerate(rows):
            groups = held.groups[held.indptr[place] : held.indptr[place + 1]]
            assert (np.diff(groups) > 0).all()
            assert 0 < len(groups) == support[row] <= given.prepared.size
            assert totals[row] == pytest.approx(values[groups].sum())


@pytest.mark.parametrize("name", NAMES)
def test_its_sql_returns_exactly_its_groups(name: str, given: Small) -> None:
    with duckdb.connect() as connection:
        connection.register("events", given.events)
        every = once(name)
        for about, groups, _ in every[:: 1 + len(every) // MOST]:
            if about.sql:
                rows = connection.execute(about.sql).fetchall()
                assert sorted(row[0] for row in rows) == sorted(given.prepared.groups[each] for each in groups), about


@pytest.mark.parametrize("name", NAMES)
def test_a_hypothesis_has_the_same_id_on_other_data_and_only_one(name: str) -> None:
    found = [about for about, _, _ in once(name)]
    assert len({each.id for each in found}) == len(found)
    other = {each.id: each for each, _, _ in asked(families(name, small(2, 90)))}
    for each in found:
        assert each.template == name
        assert each.id == hypothesis(name, each.params, "").id
        assert each.id not in other or other[each.id].params == each.params
    assert any(each.id in other for each in found)


@pytest.mark.parametrize("name", NAMES)
def test_the_least_support_leaves_out_only_what_has_less(name: str, given: Small) -> None:
    every = {about.id for about, _, support in once(name) if support >= 6}
    assert {about.id for about, _, support in asked(families(name, given, least=6)) if support >= 6} == every


@pytest.mark.parametrize("name", NAMES)
def test_its_words_are_the_subject_of_a_sentence(name: str) -> None:
    for about, _, _ in once(name):
        assert re.match(r"sessions (with|without|that|whose|in|of|where|longer|shorter) ", about.words), about.words
        assert len(about.words) < 240
        assert "  " not in about.words
        assert not about.words.endswith((".", " "))
        json.dumps(dict(about.params))


@pytest.mark.parametrize("name", NAMES)
def test_its_docstring_is_a_card_of_its_parameters(name: str) -> None:
    factory = template.factory(name)
    card = inspect.getdoc(factory) or ""
    assert len(card.splitlines()[0]) > 15
    assert len(card) > 150
    for field in dataclasses.fields(factory):  # type: ignore[arg-type]
        if field.init and not field.name.startswith("_"):
            assert re.search(rf"^\s*(\w+, )*{field.name}\b", card, re.MULTILINE), f"{name}: {field.name} is on no card"
