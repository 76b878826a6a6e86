"""Sequence templates: every hypothesis holds for the groups that the language finds, and none is forgotten."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.opportunities.language.test_sql import rows
from tests.opportunities.language.trees import NAMES, History, histories, prepared

from telic.errors import UnknownName, UsageError
from telic.opportunities.language import Events, Stated, hypothesis, write
from telic.opportunities.language.printer import quoted
from telic.opportunities.language.restated import restated
from telic.opportunities.model import Exclusion, Family, Hypothesis, Prepared
from telic.opportunities.plan.table import Table
from telic.opportunities.template import Asking
from telic.opportunities.templates import template

ALL = ("agents", "durations", "gapped", "ngrams", "retries", "then-no", "until")


def families(name: str, groups: Prepared, least: int = 1, **params: Any) -> Iterator[tuple[Family, Asking]]:
    asking = Asking(least=least)
    for family in template.create(name, **params).families(groups, asking):
        yield family, asking


def question(found: Hypothesis) -> Stated:
    """Return the hypothesis in the language, from its template and parameters alone."""
    value = restated(found.template, found.params)
    assert value is not None
    return Stated("", value)


def check(family: Family, events: Events) -> set[str]:
    """Compare all that a family says with the language; return what was asked."""
    rows = np.arange(len(family), dtype=np.int64)
    members = family.members(rows)
    values = np.linspace(1.0, 2.0, events.prepared.size)
    totals, support = family.totals(values), family.support()
    asked = set()
    for row in rows.tolist():
        found = family.hypothesis(row)
        groups = members.groups[members.indptr[row] : members.indptr[row + 1]]
        expected = np.flatnonzero(hypothesis(question(found), events))
        np.testing.assert_array_equal(groups, expected, err_msg=found.words)
        assert support[row] == len(groups)
        assert totals[row] == pytest.approx(values[groups].sum())
        assert found.id not in asked
        asked.add(found.id)
    if len(rows) > 1:
        some = np.array([len(rows) - 1, 0, len(rows) - 1], dtype=np.int64)
        again = family.members(some)
        for place, row in enumerate(some.tolist()):
            np.testing.assert_array_equal(
                again.groups[again.indptr[place] : again.indptr[place + 1]],
                members.groups[members.indptr[row] : members.indptr[row + 1]],
            )
    return asked


OPTIONS: dict[str, dict[str, Any]] = {"agents": {"always": True}}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("agents", {"always": True}),
    ("durations", {}),
    ("gapped", {}),
    ("gapped", {"within": "2s"}),
    ("gapped", {"ignore": ("b",)}),
    ("gapped", {"k": 3}),
    ("gapped", {"k": 3, "within": "3s"}),
    ("ngrams", {}),
    ("ngrams", {"ignore": ("b",), "shortest": 2, "k": 4}),
    ("retries", {"times": (2, 3)}),
    ("retries", {"ignore": ("a",)}),
    ("then-no", {"usual": 0.0}),
    ("then-no", {"usual": 0.0, "within": "1s"}),
    ("until", {}),
    ("until", {"ignore": ("it's",)}),
]


@settings(max_examples=6, deadline=None)
@given(histories(), st.integers(1, 2))
@pytest.mark.parametrize(("name", "params"), CASES, ids=[f"{name} {params}" for name, params in CASES])
def test_hypotheses_hold_for_the_groups_that_the_language_finds(
    name: str, params: dict[str, Any], groups: History, least: int
) -> None:
    given_groups = prepared(groups)
    events = Events(given_groups)
    for family, _ in families(name, given_groups, least, **params):
        check(family, events)
        assert (family.support() >= least).all()
        assert (family.support() < given_groups.size).all()


@settings(max_examples=6, deadline=None)
@given(histories())
def test_no_pair_is_forgotten(groups: History) -> None:
    given_groups = prepared(groups)
    events = Events(given_groups)
    options: dict[str, dict[str, Any]] = {"then-no": {"usual": 0.0}}
    asked = {
        each.template: {each.hypothesis(row).params["events"] for row in range(len(each))}
        for name in ("gapped", "until", "then-no")
        for each, _ in families(name, given_groups, **options.get(name, {}))
    }
    for a in NAMES[:3]:
        for b in NAMES[:3]:
            for name, text in (("gapped", ".."), ("until", "until"), ("then-no", "then no")):
                many = hypothesis(f"session has {quoted(a)} {text} {quoted(b)}", events).sum()
                follows = hypothesis(f"session has {quoted(a)} .. {quoted(b)}", events).any() and a != b
                possible = {"gapped": True, "until": a != b, "then-no": follows}[name]
                if possible and 0 < many < given_groups.size and not (name == "then-no" and not _always(events, a, b)):
                    assert (a, b) in asked.get(name, set())


@settings(max_examples=4, deadline=None)
@given(histories(), st.sampled_from(["", "3s"]))
def test_no_triple_is_forgotten(groups: History, within: str) -> None:
    given_groups = prepared(groups)
    events = Events(given_groups)
    asked = {
        each.hypothesis(row).params["events"]
        for each, _ in families("gapped", given_groups, k=3, within=within)
        for row in range(len(each))
    }
    limit = f" within {within}" if within else ""
    for three in itertools.product(NAMES[:3], repeat=3):
        many = hypothesis(f"session has {' .. '.join(map(quoted, three))}{limit}", events).sum()
        assert (three in asked) == (0 < many < given_groups.size)


def _always(events: Events, a: str, b: str) -> bool:
    """Whether b follows each a in some group."""
    never = hypothesis(f"session has {quoted(a)} and session has no {quoted(a)} then no {quoted(b)}", events)
    return bool(never.any())


SHOP: History = [
    [("open", 0), ("cart", 1), ("pay", 2), ("pay", 3), ("pay", 4), ("done", 90)],
    [("open", 0), ("cart", 1), ("done", 2)],
    [("open", 0), ("beat", 1), ("cart", 1), ("pay", 2), ("done", 3)],
    [("open", 0), ("cart", 5), ("beat", 6), ("beat", 7), ("pay", 8)],
]


def asked(name: str, least: int = 1, groups: History = SHOP, **params: Any) -> set[str]:
    return {
        family.hypothesis(row).words
        for family, _ in families(name, prepared(groups), least, **params)
        for row in range(len(family))
    }


def test_hypotheses_in_words() -> None:
    assert "sessions with open > cart > pay" in asked("ngrams")
    assert "sessions with cart .. done within 1m" in asked("gapped", within="1m")
    assert "sessions with pay until done" in asked("until")
    assert {"sessions with cart then no done", "sessions with pay then no done"} <= asked("then-no")
    assert "sessions with done then no cart" not in asked("then-no")
    assert "sessions with pay retried 2 times before done" in asked("retries")
    assert "sessions with pay repeated 2 times" in asked("retries")
    assert "sessions that spend more than 1s in pay" in asked("durations")


def test_least_support_most_hypotheses_and_events_left_out_are_told() -> None:
    assert asked("until", least=2) == set()
    heard: list[Exclusion] = []
    asking = Asking(least=1, most=2, leave_out=heard.append)
    (family,) = template.create("gapped").families(prepared(SHOP), asking)
    assert len(family) == 2
    assert "those with fewest groups are not asked about" in heard[0].why
    heard.clear()
    list(template.create("gapped", names=2).families(prepared(SHOP), Asking(leave_out=heard.append)))
    assert "the 2 most frequent events" in heard[0].why


def test_mapping_makes_several_events_one_and_the_sql_names_them_all() -> None:
    mapping = {"pay": "late", "done": "late"}
    (family,) = (each for each, _ in families("ngrams", prepared(SHOP), 1, k=2, shortest=2, mapping=mapping))
    found = {each.words: each for each in map(family.hypothesis, range(len(family)))}
    assert "IN ('pay', 'done')" in found["sessions with late > late"].sql
    both = family.members(np.array([sorted(found).index("sessions with late > late")]))
    assert found["sessions with late > late"].params == {
        "events": ("late", "late"),
        "1 is": ("pay", "done"),
        "2 is": ("pay", "done"),
    }
    assert len(both) == 1
    for row, each in enumerate(map(family.hypothesis, range(len(family)))):
        members = family.members(np.array([row])).groups
        assert np.flatnonzero(hypothesis(question(each), prepared(SHOP))).tolist() == members.tolist()


def test_one_value_may_stand_for_several() -> None:
    assert asked("gapped", ignore="beat") == asked("gapped", ignore=("beat",))
    assert asked("retries", times=2) == asked("retries", times=(2,))
    assert asked("durations", shares=0.5) == asked("durations", shares=(0.5,))


@pytest.mark.parametrize(
    ("name", "params", "text"),
    [
        ("ngrams", {"events": ("a", "b", "c", "d")}, "group has 'a' > 'b' > 'c' > 'd'"),
        ("gapped", {"events": ("a", "b"), "ignore": ("x",)}, "group has 'a' .. 'b' ignoring 'x'"),
        ("until", {"events": ("a", "b"), "2 is": ("b", "c")}, "group has 'a' until 'b' | 'c'"),
        ("then-no", {"events": ("a", "b"), "within": "10m"}, "group has 'a' then no 'b' within 10m"),
        ("retries", {"events": ("a",), "times": 3, "in": "a row"}, "group has 'a' repeated 3 times"),
        ("retries", {"events": ("a", "b"), "times": 3, "in": "tries"}, "group has 'a' retried 3 times before 'b'"),
        ("durations", {"events": (), "longer than": "10m"}, "duration of group > 10m"),
        ("durations", {"events": ("a",), "longer than": "1ms", "in": "state"}, "time in 'a' > 1ms"),
        ("durations", {"events": ("a", "b"), "longer than": "30s"}, "time from 'a' to 'b' > 30s"),
        ("agents", {"events": ("a", "b"), "shape": "back and forth"}, "group has 'a' > 'b' > 'a' > 'b'"),
        ("agents", {"events": ("a",), "shape": "half of all"}, "rate of 'a' >= 0.5"),
        ("agents", {"events": ("a",), "shape": "ends"}, "group ends with 'a'"),
        ("agents", {"events": (), "more than": 20}, "count of any event > 20"),
        ("stated", {"is": "os = 'x'", "events": ()}, "os = 'x'"),
    ],
)
def test_hypotheses_are_said_again_in_the_language(name: str, params: dict[str, Any], text: str) -> None:
    found = restated(name, params)
    assert found is not None
    assert write(found) == text


def test_other_templates_have_their_own_way() -> None:
    assert restated("lifecycle", {"use": "first"}) is None


def test_the_id_is_made_of_template_and_parameters() -> None:
    def ids(**params: Any) -> set[str]:
        return {each.hypothesis(row).id for each, _ in families("gapped", prepared(SHOP), **params) for row in range(2)}

    assert ids() == ids()
    assert not ids() & ids(within="1m")
    assert not ids() & ids(ignore=("beat",))


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("ngrams", {"k": 9}, "not within 1 to 8"),
        ("ngrams", {"ignore": ("beet",)}, "no event is called 'beet'"),
        ("gapped", {"k": 4}, "not 2 or 3"),
        ("gapped", {"within": "soon"}, "a time is expected"),
        ("then-no", {"usual": 1.0}, "no share below 1"),
        ("retries", {"times": (3, 2)}, "do not ascend"),
        ("durations", {"shares": (1.5,)}, "not between 0 and 1"),
        ("gapped", {"names": 0}, "too few"),
    ],
)
def test_parameters_that_cannot_be(name: str, params: dict[str, Any], says: str) -> None:
    with pytest.raises((UsageError, UnknownName), match=says):
        list(families(name, prepared(SHOP), **params))


def test_agents_are_asked_about_where_an_attribute_says_so() -> None:
    heard: list[Exclusion] = []
    assert list(template.create("agents").families(prepared(SHOP), Asking(leave_out=heard.append))) == []
    assert "no attribute is named after agents" in heard[0].why
    numbers = {"gen_ai.usage.output_tokens": np.zeros(18)}
    assert list(template.create("agents").families(prepared(SHOP, numbers=numbers), Asking()))


def test_a_long_group_and_many_small_parts_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    groups = [
        [(NAMES[random.integers(3)], float(at)) for at in range(size)] for size in (400, 1, 2, 30, 5, 5, 1, 9, 40)
    ]
    events = Events(prepared(groups))
    (whole,) = (each for each, _ in families("gapped", events.prepared))
    expected = check(whole, events)
    monkeypatch.setattr("telic.opportunities.kernels.sequence_scan.ROOM", 3)
    monkeypatch.setattr("telic.opportunities.templates.scanned.KEPT", -1)
    (parts,) = template.create("gapped").families(events.prepared, Asking(threads=2))
    assert check(parts, events) == expected
    (repeats, *_) = template.create("retries").families(events.prepared, Asking(threads=2))
    assert check(repeats, events)


def test_templates_are_known_without_loading_a_compiler() -> None:
    code = "import sys, telic.opportunities.templates, telic.opportunities.language; print('numba' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"


def test_the_sql_of_a_hypothesis_returns_its_groups() -> None:
    with duckdb.connect(config={"threads": "1"}) as base:
        base.register("happened", rows(SHOP))
        for name, params in [*((each, OPTIONS.get(each, {})) for each in ALL), ("gapped", {"ignore": ("beat",)})]:
            asking = Asking(table=Table(relation="happened", group="session", time="at", name="what", user=""))
            for family in template.create(name, **params).families(prepared(SHOP), asking):
                members = family.members(np.arange(len(family)))
                for row in {0, len(family) // 2, len(family) - 1}:
                    found = {each for (each,) in base.execute(family.hypothesis(row).sql).fetchall()}
                    expected = members.groups[members.indptr[row] : members.indptr[row + 1]]
                    assert found == {f"s{group}" for group in expected}, family.hypothesis(row).words


def test_no_groups() -> None:
    nobody = Prepared(prepared(SHOP).names, np.zeros(0, np.int64), np.zeros(1, np.int64), [], np.zeros(0, np.int32))
    for name in ALL:
        assert list(families(name, nobody)) == []
