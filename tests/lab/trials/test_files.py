"""Evidence on disk: back as it was, and refused where it means something else by now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from telic import __version__
from telic.errors import InvalidRecord
from telic.lab.trials import files
from telic.model import Window
from telic.model.goodput import Goodput, Phases, Verdict
from telic.model.trial import Evidence, Fullness

FOUND = Evidence(
    trial="T1",
    kind="trigger",
    inject={"capacity": {"service": "hotel", "to": 0.25}, "for": 5.0},
    system="hotel",
    world="simulated",
    wiring="baseline",
    workload="W2",
    rate=300.0,
    seed=3,
    telic=__version__,
    hashes={"intent": "a", "design": "b", "wiring": "c"},
    phases=Phases(Window(0, 8), Window(8, 13), Window(13, 38)),
    seconds=(Goodput(7, 90, 100, 95),),
    verdict=Verdict("not recovered", 1.0, 0.1, 0.08),
    bottleneck="hotel",
    amplification=11.4,
    full=(Fullness("hotel", 1.0, 4321.0),),
)


def test_evidence_comes_back_as_it_was(tmp_path: Path) -> None:
    path = files.write(files.path_of(tmp_path, FOUND), FOUND)
    assert path.name == "T1-baseline-W2-300-simulated-3.json"
    assert files.read(path) == FOUND


def test_evidence_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = files.write(tmp_path / "old.json", replace(FOUND, telic="0.0.9"))
    with pytest.raises(InvalidRecord, match=r"old\.json: made by telic 0\.0\.9") as caught:
        files.read(path)
    assert "0.0.9" in caught.value.hint


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "telic/trial/v0", "record": {}}'])
def test_what_is_no_evidence_is_refused_with_its_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(InvalidRecord, match=r"other\.json"):
        files.read(path)
    with pytest.raises(InvalidRecord, match="cannot be read"):
        files.read(tmp_path / "none.json")


def test_another_design_is_not_compared(tmp_path: Path) -> None:
    files.require_same(FOUND, {"intent": "a", "design": "b", "wiring": "c"}, tmp_path)
    with pytest.raises(InvalidRecord, match="the wiring differs from"):
        files.require_same(FOUND, {"intent": "a", "design": "b", "wiring": "d"}, tmp_path)


def test_evidence_that_names_no_code_of_telic_is_not_compared(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="the code of Telic differs"):
        files.require_same(FOUND, {**FOUND.hashes, "telic": "e"}, tmp_path)


@pytest.mark.parametrize(
    "other",
    [
        {"rate": 20.0},
        {"workload": "W3"},
        {"wiring": "/a/my.yaml"},
        {"wiring": "/b/my.yaml"},
        {"operated": True},
        {"world": "local"},
    ],
)
def test_other_runs_do_not_lie_in_one_file(tmp_path: Path, other: Any) -> None:
    paths = {files.path_of(tmp_path, each) for each in (FOUND, replace(FOUND, wiring="/c/my.yaml"))}
    assert files.path_of(tmp_path, replace(FOUND, **other)) not in paths
    assert files.path_of(tmp_path, FOUND, again=True) not in paths


def test_real_processes_are_compared_by_their_outcome_alone() -> None:
    other = replace(FOUND, seconds=())
    assert files.difference(FOUND, FOUND) == ""
    assert files.difference(FOUND, other) == "not recovered both times, and 1 of 1 seconds differ"
    assert files.difference(replace(FOUND, world="local"), replace(other, world="local")) == ""
    recovered = replace(FOUND, verdict=Verdict("recovered", 1.0, 0.1, 1.0, 2.0))
    assert files.difference(FOUND, recovered) == "not recovered before, recovered after 2.0 s now"
