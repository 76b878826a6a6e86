"""Relational templates against their definitions, written out one group at a time."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.opportunities.templates.small import SECOND, Small, small, texts
from tests.telemetry.local_store import T0, LocalStore, span

from telic.errors import UnknownName, UsageError
from telic.opportunities.model import Column, Exclusion, Prepared
from telic.opportunities.template import Asking
from telic.opportunities.templates import template

DAY = timedelta(days=1)
STATUS = ("ok", "error")


class Group:
    """One group as a person would look at it."""

    def __init__(self, data: Small, number: int) -> None:
        prepared = data.prepared
        low, high = int(prepared.offsets[number]), int(prepared.offsets[number + 1])
        self.id = prepared.groups[number]
        self.user = int(prepared.users[number])
        self.times = [datetime.fromtimestamp(t / 1e9, UTC) for t in prepared.at[low:high]]
        self.names = texts(prepared.names)[low:high]
        self.urls = texts(prepared.of_events["url"])[low:high]
        self.pages = set(texts(prepared.of_events["page"])[low:high])
        self.of = {name: texts(column)[number] for name, column in prepared.of_groups.items()}
        self.price = max((p for p in prepared.numbers["price"][low:high] if not math.isnan(p)), default=math.nan)

    @property
    def start(self) -> datetime:
        return self.times[0]

    def earlier(self, groups: list[Group]) -> list[Group]:
        mine = [each for each in groups if each.user == self.user]
        mine.sort(key=lambda each: (each.start, len(each.id), each.id))
        return mine[: [each.id for each in mine].index(self.id)]


def ordinal(group: Group, groups: list[Group]) -> int:
    return len(group.earlier(groups)) + 1


def use(group: Group, groups: list[Group]) -> str:
    return {1: "first", 2: "second"}.get(ordinal(group, groups), "later")


def since(group: Group, groups: list[Group]) -> float:
    earlier = group.earlier(groups)
    return (group.start - earlier[-1].start) / DAY if earlier else math.nan


def others(group: Group, groups: list[Group], days: float) -> int:
    width = days * DAY
    near = [each for each in groups if each.user == group.user and group.start - width <= each.start <= group.start]
    return len(near) - 1


def away(group: Group, groups: list[Group]) -> float:
    earlier = group.earlier(groups)
    return (group.start - earlier[-1].times[-1]) / DAY if earlier else math.nan


def longest_away(group: Group, groups: list[Group]) -> float:
    gaps = [away(each, groups) for each in [*group.earlier(groups), group]]
    return max((each for each in gaps if not math.isnan(each)), default=math.nan)


def in_days(label: str, value: float) -> bool:
    bounds = {"less than 0.5": (-math.inf, 0.5), "0.5 to 2": (0.5, 2), "2 or more": (2, math.inf)}[label]
    return bounds[0] <= value < bounds[1]


def counted(label: str, value: int) -> bool:
    return {"0": value == 0, "1": value == 1, "2 or more": value >= 2}[label]


def quiet(kind: str, group: Group, groups: list[Group]) -> bool:
    now, ever = away(group, groups) >= 2, longest_away(group, groups) >= 2
    return {"until now": now, "before": ever and not now, "never": not ever}[kind]


def first_use(version: str, groups: list[Group]) -> datetime:
    return min(each.start for each in groups if each.of["version"] == version)


def on_trend(params: Mapping[str, Any], group: Group, groups: list[Group]) -> bool:
    if group.of["version"] != params["value"]:
        return False
    late = group.start >= first_use(params["value"], groups) + params["after_days"] * DAY
    return late and ("uses" not in params or ordinal(group, groups) <= params["uses"])


def top(groups: list[Group]) -> list[str]:
    hits = [u for g in groups for n, u in zip(g.names, g.urls, strict=True) if n in ("b", "c") and u]
    return sorted(set(hits), key=lambda url: (-hits.count(url), url))[:3]


def hit(what: str, group: Group, groups: list[Group]) -> bool:
    mine = {u for n, u in zip(group.names, group.urls, strict=True) if n in ("b", "c")}
    some = bool(mine & set(top(groups)))
    return {"one": some, "none": not some}.get(what, what in mine)


def attribute(params: Mapping[str, Any], group: Group) -> bool:
    pairs = [("attribute", "value"), ("other_attribute", "other_value")]
    return all(group.of[params[a]] == params[v] for a, v in pairs if a in params and v in params)


Holds = Callable[[Mapping[str, Any], Group, list[Group]], bool]
DEFINITIONS: Mapping[str, Holds] = {
    "attributes": lambda p, g, _: p["some"] in g.pages if "some" in p else attribute(p, g),
    "backend": lambda _, g, __: any(
        datetime(2026, 3, 2, 10, tzinfo=UTC) <= t < datetime(2026, 3, 3, 18, tzinfo=UTC) for t in g.times
    ),
    "crosses": lambda p, g, every: attribute(p, g) and use(g, every) == p["use"],
    "deploys": lambda _, g, __: timedelta() <= g.start - datetime(2026, 3, 3, 12, tzinfo=UTC) < DAY,
    "frequency": lambda p, g, every: counted(p["others"], others(g, every, p["days"])),
    "inactivity": lambda p, g, every: quiet(p["away"], g, every),
    "lifecycle": lambda p, g, every: use(g, every) == p["use"],
    "night": lambda p, g, _: (g.start.hour >= 22 or g.start.hour < 9) == (p["when"] == "at night"),
    "pairs": lambda p, g, _: attribute(p, g),
    "since-last": lambda p, g, every: in_days(p["days_since_last"], since(g, every)),
    "top-endpoints": lambda p, g, every: hit(p["hit"], g, every),
    "trend": on_trend,
    "weekend": lambda p, g, _: (g.start.weekday() >= 5) == (p["when"] == "at weekends"),
}


@pytest.fixture(scope="module", params=[1, 5])
def given(request: pytest.FixtureRequest) -> Small:
    return small(request.param)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_its_groups_are_those_of_its_definition(name: str, given: Small) -> None:
    groups = [Group(given, number) for number in range(given.prepared.size)]
    found = 0
    for family in template.create(name, **template.examples[name]).families(given.prepared, Asking()):
        held = family.members(np.arange(len(family), dtype=np.int64))
        for row in range(len(family)):
            about = family.hypothesis(row)
            mine = held.groups[held.indptr[row] : held.indptr[row + 1]].tolist()
            assert mine == [i for i, g in enumerate(groups) if DEFINITIONS[name](about.params, g, groups)], about
            found += 1
    assert found


def test_parts_of_a_number_hold_about_the_same_number_of_groups(given: Small) -> None:
    (family,) = template.create("bins", columns=("price",), parts=3).families(given.prepared, Asking())
    prices = [Group(given, number).price for number in range(given.prepared.size)]
    support = family.support()
    assert support.sum() == sum(not math.isnan(each) for each in prices)
    assert support.max() - support.min() <= 2
    held = family.members(np.arange(3, dtype=np.int64))
    parts = [[prices[group] for group in held.groups[held.indptr[i] : held.indptr[i + 1]]] for i in range(3)]
    assert max(parts[0]) < min(parts[1]) <= max(parts[1]) < min(parts[2])


def told(name: str, prepared: Prepared, **params: Any) -> list[str]:
    """Return why a template that asks nothing does so."""
    said: list[Exclusion] = []
    assert not list(template.create(name, **params).families(prepared, Asking(leave_out=said.append)))
    return [each.why for each in said]


@pytest.mark.parametrize("name", ["lifecycle", "since-last", "frequency", "inactivity", "crosses"])
def test_without_users_nothing_is_asked_about_users_and_that_is_told(name: str) -> None:
    alone = small(groups=30).prepared
    alone = Prepared(alone.names, alone.at, alone.offsets, alone.groups, np.arange(30, dtype=np.int32), alone.of_groups)
    assert "there are none" in told(name, alone)[0]


def test_a_constant_attribute_and_a_missing_number_are_told_and_left_out() -> None:
    data = small(groups=30).prepared
    same = {
        "plan": Column("plan", np.zeros(30, dtype=np.int32), ("free",)),
        "zone": Column("zone", np.full(30, -1, dtype=np.int32), ()),
    }
    gone = {"price": np.full(len(data.at), np.nan)}
    flat = Prepared(data.names, data.at, data.offsets, data.groups, data.users, same, {}, gone)
    assert "the same for all sessions" in told("attributes", flat)[0]
    assert "'zone' is missing everywhere" in told("attributes", flat)[1]
    assert "missing for all sessions" in told("bins", flat)[0]
    assert "no attribute looks like a version" in told("trend", flat)[0]
    assert "no attribute of events holds endpoints" in told("top-endpoints", flat)[0]
    assert "no table is given" in told("backend", flat)[0]


def test_groups_without_a_value_are_a_cohort_where_enough_lack_it() -> None:
    data = small(groups=80)
    lacking = np.flatnonzero(data.prepared.of_groups["os"].codes < 0)
    for least, asked in ((len(lacking), True), (len(lacking) + 1, False)):
        families = list(template.create("attributes", columns=("os",)).families(data.prepared, Asking(least=least)))
        found = [(each, row) for each in families for row in range(len(each))]
        rows = [(each, row) for each, row in found if each.hypothesis(row).words == "sessions with no os"]
        assert len(rows) == asked
        for family, row in rows:
            assert family.members(np.array([row])).groups.tolist() == lacking.tolist()
            assert "IS NULL" in family.hypothesis(row).sql


def test_of_too_many_values_those_with_most_groups_stay_and_the_others_are_counted() -> None:
    data = small(groups=40)
    said: list[Exclusion] = []
    asking = Asking(most=1, leave_out=said.append)
    family, _ = template.create("attributes", columns=("os",)).families(data.prepared, asking)
    counts = np.bincount(data.prepared.of_groups["os"].codes + 1, minlength=4)[1:]
    assert family.support().tolist() == [counts.max()]
    assert said[0].count == 2
    assert said[0].examples[0].startswith("sessions with os = ")


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("lifecycle", {"boundary": 0}, "boundary 0"),
        ("night", {"begins": 7, "ends": 7}, "no night"),
        ("bins", {"parts": 1}, "1 parts"),
        ("bins", {"of": "mean"}, "no 'mean'"),
        ("crosses", {"by": "attributes"}, "does not cut"),
        ("since-last", {"days": (7, 1)}, "rise"),
        ("top-endpoints", {"top": 0}, "are none"),
        ("backend", {"windows": (("shop", "slow", "at noon", "later"),)}, "is no time"),
        ("deploys", {"path": "no/such/file.csv"}, "cannot read"),
    ],
)
def test_a_parameter_without_sense_is_refused(name: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        list(template.create(name, **params).families(small().prepared, Asking()))


def test_an_unknown_column_is_refused_with_one_that_is_near() -> None:
    for name, params in (("attributes", {"columns": ("countri",)}), ("bins", {"columns": ("prize",)})):
        with pytest.raises(UnknownName) as refused:
            list(template.create(name, **params).families(small().prepared, Asking()))
        assert refused.value.hint in ("did you mean country?", "did you mean price?")


@pytest.mark.parametrize(("dense", "passes"), [(1 << 20, 32), (120, 32), (1, 0)])
def test_values_of_events_are_found_by_table_and_by_sorting(
    dense: int, passes: int, given: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two values a table, all in one table, and none: the groups are the same."""
    module = sys.modules["telic.opportunities.templates.attributes"]
    monkeypatch.setattr(module, "DENSE", dense)
    monkeypatch.setattr(module, "PASSES", passes)
    (family,) = template.create("attributes", columns=("page",)).families(given.prepared, Asking())
    held = family.members(np.arange(len(family), dtype=np.int64))
    for row in range(len(family)):
        value = family.hypothesis(row).params["some"]
        wanted = [i for i in range(given.prepared.size) if value in Group(given, i).pages]
        assert held.groups[held.indptr[row] : held.indptr[row + 1]].tolist() == wanted


def test_slow_slots_of_a_table_and_deploys_of_a_file_are_what_is_asked(given: Small, tmp_path: Path) -> None:
    """In one minute of ten the backend takes ten times its median; after a deploy comes what begins within a day."""
    begins = given.prepared.at[given.prepared.offsets[:-1]]
    slow = int(begins[7]) // (60 * SECOND) * 60
    rows = [f"{datetime.fromtimestamp(slow + 60 * i, UTC).isoformat()},{10 if i == 0 else 1}" for i in range(-4, 6)]
    measured, deployed = tmp_path / "load.csv", tmp_path / "deploys.csv"
    measured.write_text("\n".join(["time,value", *rows]))
    deployed.write_text(f"time,what\n{datetime.fromtimestamp(int(begins[7]) / 1e9 - 3600, UTC).isoformat()},shop 2\n")
    groups = [Group(given, number) for number in range(given.prepared.size)]

    (met,) = template.create("backend", path=str(measured)).families(given.prepared, Asking())
    assert met.hypothesis(0).words == "sessions that ran while the backend was slow"
    wanted = [i for i, g in enumerate(groups) if any(slow <= t.timestamp() < slow + 60 for t in g.times)]
    assert met.members(np.array([0])).groups.tolist() == wanted != []

    (after,) = template.create("deploys", path=str(deployed), hours=24).families(given.prepared, Asking())
    assert after.hypothesis(0).words == "sessions that begin within 24 hours after a deploy of shop 2"
    low = datetime.fromtimestamp(int(begins[7]) / 1e9 - 3600, UTC)
    wanted = [i for i, g in enumerate(groups) if timedelta() <= g.start - low < DAY]
    assert after.members(np.array([0])).groups.tolist() == wanted


def test_the_telemetry_store_says_what_was_slow_what_failed_and_what_was_deployed(
    given: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)
    monkeypatch.setattr("telic.telemetry.client.TelemetryClient", lambda _: store)
    usual = [(60.0 * minute + at, minute) for minute in range(6) for at in range(10)]
    store.put(
        "spans",
        *(
            span("shop", "buy", at=at, took=2.0 if m == 4 else 0.1, status=STATUS[m == 2 and at < 125])
            for at, m in usual
        ),
        span("shop", "buy", at=302.0, took=9.0, version="2.0"),
        span("cart", "add", at=303.0, took=9.0),
    )
    moved = replace(given.prepared, at=given.prepared.at - given.prepared.at.min() + T0 * SECOND)
    found = template.create("backend", store="run")._stored(moved, Asking())  # type: ignore[attr-defined]
    assert {key: [(each.start - T0 * SECOND) // SECOND for each in value] for key, value in found.items()} == {
        ("shop", "slow"): [240],
        ("shop", "failing"): [120],
    }
    deploys = template.create("deploys", store="run")
    assert list(deploys._known()) == [("shop 2.0", (T0 + 302) * SECOND)]  # type: ignore[attr-defined]
    store.close()
