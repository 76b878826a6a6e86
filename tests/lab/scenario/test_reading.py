"""Scenario files: what is written is read again, and every complaint names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import TelicError, UsageError
from telic.lab.scenario import Load, Noise, Phases, Placed, Scenario, digest, parse, suite, write
from telic.lab.scenario.director import moment

TEXT = """schema = "telic/scenario/v1"
name = "hotel-1"

[workload]
rate = 25

[[faults]]
kind = "network"
params = {edge = "search->hotel", kind = "delay"}
for = 5

[[noise]]
kind = "decoy"
"""

numbers = st.floats(0.1, 3600.0, allow_nan=False).map(lambda value: round(value, 3))
texts = st.text(max_size=30)
placed = st.builds(
    Placed,
    kind=st.just("network"),
    params=st.fixed_dictionaries({}, optional={"edge": texts, "kind": texts, "delay": numbers}),
    at=numbers,
    lasts=st.one_of(st.just(0.0), numbers),
    shape=st.just("periodic"),
    every=numbers,
)
scenarios = st.builds(
    Scenario,
    name=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True),
    app=texts.filter(bool),
    tasks=st.lists(st.sampled_from(("detect", "localise", "mitigate")), min_size=1, unique=True).map(tuple),
    difficulty=texts,
    workload=st.builds(Load, name=texts, rate=numbers, shape=texts),
    faults=st.lists(placed, max_size=3).map(tuple),
    noise=st.lists(st.builds(Noise, kind=st.sampled_from(("decoy", "red-herring")), before=numbers), max_size=2).map(
        tuple
    ),
    settings=st.dictionaries(texts, st.dictionaries(texts, texts | st.booleans() | numbers, max_size=2), max_size=2),
    phases=st.builds(Phases, warm=numbers, baseline=numbers, spread=numbers, hold=numbers, recovery=numbers),
)


@given(scenarios)
def test_what_is_written_is_read_again(scenario: Scenario) -> None:
    assert parse(write(scenario)) == scenario


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    for given_text in (text, TEXT + text):
        said = "scenario.toml:"
        try:
            parse(given_text)
        except TelicError as error:
            said = str(error)
        assert said.startswith("scenario.toml:")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"network"', '"netwrk"', 8, "did you mean network"),
        ("rate = 25", "rte = 25", 5, "did you mean rate"),
        ("rate = 25", "rate = 0", 5, "above 0"),
        ("for = 5", "for = true", 10, "a number"),
        ('kind = "decoy"', 'kind = "decoi"', 13, "did you mean decoy"),
        ('{edge = "search->hotel"', '{egde = "search->hotel"', 9, "did you mean edge"),
        ('name = "hotel-1"', 'name = "Hotel 1"', 2, "small letters"),
        ("telic/scenario/v1", "telic/scenario/v2", 1, "telic/scenario/v1"),
        ("for = 5", 'shape = "periodic"', 10, "every"),
        ('name = "hotel-1"', "settings = 3", 2, "[settings.SERVICE]"),
        ('name = "hotel-1"', "[settings]\nhotel = [3]", 3, "a table of texts"),
        ('name = "hotel-1"', 'tasks = ["detect", "predict"]', 2, 'shape = "ramp"'),
    ],
)
def test_a_slip_is_named_with_its_line_and_what_is_meant(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(TEXT.replace(old, new), Path("my.toml"))
    assert str(refused.value).startswith(f"my.toml:{line}:")
    assert says in refused.value.hint


def test_a_scenario_whose_faults_all_go_by_themselves_asks_for_nothing() -> None:
    passing = parse(TEXT)
    assert passing.healthy
    assert not parse(TEXT.replace("for = 5\n", "")).healthy
    assert Scenario("calm").healthy


def test_a_name_is_no_part_of_the_hash() -> None:
    assert digest(parse(TEXT)) == digest(parse(TEXT.replace("hotel-1", "hotel-2")))
    assert digest(parse(TEXT)) != digest(parse(TEXT.replace("rate = 25", "rate = 26")))


def test_the_fault_comes_within_the_spread_and_seeds_differ() -> None:
    scenario = Scenario("x", phases=Phases(baseline=10.0, spread=4.0))
    moments = [moment(scenario, seed) for seed in range(50)]
    assert all(10.0 <= each <= 14.0 for each in moments)
    assert len(set(moments)) == 50


def test_a_suite_is_a_folder_and_a_missing_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TEXT)
    assert [each.name for each in suite(str(tmp_path))] == ["hotel-1"]
    with pytest.raises(UsageError, match="no suite or scenario 'nothing'"):
        suite("nothing", tmp_path)


def test_a_scenario_of_a_suite_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "hotel-1.toml").write_text(TEXT)
    assert [each.name for each in suite("hotel-1", tmp_path)] == ["hotel-1"]
    with pytest.raises(UsageError, match="no suite or scenario 'hotel-2'") as near:
        suite("hotel-2", tmp_path)
    assert "did you mean hotel-1?" in near.value.hint
    with pytest.raises(UsageError) as far:
        suite("nothing", tmp_path)
    assert far.value.hint.endswith("known: small")  # suites, not every scenario of them
