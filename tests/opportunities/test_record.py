"""A run goes to JSON and back, and refuses what is none."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.opportunities.sample import FINDINGS, finding, run

from telic.errors import InvalidRecord, UnknownName
from telic.opportunities import record
from telic.opportunities.model import Effect


def test_a_run_comes_back_as_it_was() -> None:
    asked = run()
    back = record.decode(record.encode(asked))
    assert math.isinf(back.surfaced.findings[3].crude.ratio)
    assert math.isnan(back.surfaced.findings[1].p_family)
    assert record.encode(back) == record.encode(asked)
    assert back.kpis == asked.kpis
    assert [record.key_of(each) for each in back.surfaced.findings] == [record.key_of(each) for each in FINDINGS]


@settings(max_examples=30)
@given(some.tuples(*[some.floats() for _ in range(4)]), some.floats(), some.text())
def test_any_numbers_and_names_come_back(effect: tuple[float, ...], q: float, name: str) -> None:
    odd = finding(
        name.encode("utf-8", "replace").decode(), "words", adjusted=Effect(*effect), q=q, experts={"p": "Infinity"}
    )
    back = record.decode(record.encode(run((odd,)))).surfaced.findings[0]
    assert repr(back.adjusted) == repr(odd.adjusted)
    assert repr(back.q) == repr(odd.q)
    assert back.hypothesis == odd.hypothesis
    assert back.experts == {"p": "Infinity"}


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b'{"schema": "telic/run/v1"}', b'{"schema": "telic/opportunities/v1", "record": {}}', b"\xff"],
)
def test_what_is_no_run_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(data)
    with pytest.raises(InvalidRecord, match=r"run\.json"):
        record.read(path)


def test_a_finding_is_found_by_the_beginning_of_its_key() -> None:
    asked = run()
    key = record.key_of(asked.surfaced.findings[1])
    assert asked.find(key[:4]) == asked.surfaced.findings[1]
    with pytest.raises(UnknownName, match="no finding 'zz'"):
        asked.find("zz")
    with pytest.raises(UnknownName, match="no run at"):
        record.read(Path("nowhere.json"))


def test_the_key_of_a_finding_depends_on_its_question_alone() -> None:
    first = FINDINGS[0]
    assert record.key_of(first) == record.key_of(replace(first, q=0.5, support=1))
    assert record.key_of(first) != record.key_of(replace(first, outcome="minutes"))
