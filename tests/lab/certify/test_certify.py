"""Certificates: what speaks against a scenario, and when one is out of date."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.lab.recorded_episodes import calm, claims, make, tallies

from telic.errors import WorldError
from telic.lab import certify
from telic.lab import scenario as scenarios
from telic.lab.actors import actor
from telic.lab.certify.certificate import keep
from telic.lab.certify.judging import extended, judged
from telic.lab.runs import summary
from telic.lab.scenario import Scenario, digest, generator
from telic.lab.session import Claims, Episode, Post, loading, many, running

SICK = {
    "noop": make(actor="noop", claims=Claims(), actions=(), calls=(), users=tallies(range(21, 47)), ended="time"),
    "oracle": make(actor="oracle"),
    "stop-load": make(actor="stop-load", claims=claims(entity="user")),
}
WELL = {
    "noop": calm(actor="noop", claims=Claims()),
    "oracle": calm(actor="oracle"),
    "answer-constant": calm(actor="answer-constant", claims=claims()),
}


def test_a_sound_scenario_holds_and_says_whom_it_hurt() -> None:
    found = judged(SICK)
    assert found.holds, found.why
    assert found.harmed.seconds == 26
    assert found.harmed.operations == ("F1",)
    assert set(found.passed["oracle"]) == {"detect", "localise", "explain", "mitigate"}
    assert judged(WELL).holds, judged(WELL).why


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"noop": replace(SICK["noop"], users=tallies(range(21, 24)))}, "harmed in 3 s only"),
        ({"noop": replace(SICK["noop"], users=tallies(range(21, 30)))}, "although nobody did anything"),
        ({"noop": replace(SICK["noop"], users=tallies(range(9, 47)))}, "before the fault"),
        ({"noop": replace(SICK["noop"], truth=())}, "not every fault was injected"),
        ({"oracle": replace(SICK["oracle"], post=Post(residue=("hotel stands still",)))}, "the reference fails"),
        ({"stop-load": make(actor="stop-load")}, "stop-load solves it"),
    ],
)
def test_what_speaks_against_a_scenario_is_said(changed: dict[str, Episode], says: str) -> None:
    why = judged({**SICK, **changed}).why
    assert any(says in each for each in why), why


def test_more_cheaters_are_added_and_what_says_nothing_of_them_is_left_out() -> None:
    known = judged({name: SICK[name] for name in ("noop", "oracle")})
    more = extended(known, {"stop-load": SICK["stop-load"], "restart-loop": SICK["noop"]})
    assert more.holds
    assert {*more.passed} == {"noop", "oracle", "stop-load", "restart-loop"}
    assert extended(known, {"stop-load": make(actor="stop-load")}).why == ("stop-load solves it",)
    silent = replace(SICK["noop"], users=())
    assert {*extended(known, {"stop-load": silent}).passed} == {"noop", "oracle"}


@pytest.fixture
def sick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario file that is played from records; who is not among them finds no room."""
    (path,) = generator.write([SICK["noop"].scenario], tmp_path / "suite")
    scenario = scenarios.read(path)

    def run(asked: Scenario, play: running.Play, **given: Any) -> Episode:
        if given["actor"] not in SICK:
            raise WorldError("no room")
        return replace(SICK[given["actor"]], scenario=asked, scenario_hash=digest(scenario))

    monkeypatch.setattr(running, "run", run)
    monkeypatch.setattr(loading, "prepared", lambda app: None)
    return path


def test_a_cheater_that_could_not_play_is_left_out_and_every_episode_is_told(sick: Path) -> None:
    told: list[many.Done] = []
    with pytest.raises(WorldError, match="restart-loop could not play: no room"):
        certify.certify([sick], actors=("noop", "oracle", "stop-load", "restart-loop"), played=told.append)
    found = certify.find(sick, SICK["noop"].scenario.name)
    assert found is not None
    assert found.holds, found.why
    assert {*found.passed} == {"noop", "oracle", "stop-load"}
    assert {each.cell.actor: each.error for each in told}["restart-loop"] == "no room"
    assert len(told) == 4


def test_without_the_reference_nothing_is_certified(sick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SICK, "oracle")
    with pytest.raises(WorldError, match="oracle could not play"):
        certify.certify([sick], actors=("noop", "oracle"))
    assert certify.find(sick, SICK["noop"].scenario.name) is None


def test_harm_in_a_calm_scenario_speaks_against_it() -> None:
    why = judged({**WELL, "noop": replace(WELL["noop"], users=tallies(range(25, 28)))}).why
    assert any("although nothing was wrong" in each for each in why), why


def test_a_certificate_is_out_of_date_as_soon_as_anything_changes(tmp_path: Path) -> None:
    scenario = SICK["noop"].scenario
    made = replace(judged(SICK), scenario_hash=digest(scenario), hashes={"design": "1"})
    file = tmp_path / "a.toml"
    keep(file, made)
    assert certify.find(file, scenario.name) == made
    assert certify.current(made, scenario, {"design": "1"})
    assert not certify.current(made, scenario, {"design": "2"})
    assert not certify.current(made, replace(scenario, difficulty="new"), {"design": "1"})
    assert not certify.current(certify.find(file, "other"), scenario, {"design": "1"})
    certify.beside(file, scenario.name).write_text("{")
    assert certify.find(file, scenario.name) is None


def test_a_refused_scenario_is_removed_with_its_certificate_and_others_stay(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.toml" for name in ("a", "b")]
    for each in files:
        each.write_text(f'schema = "telic/scenario/v1"\nname = "{each.stem}"\n')
        keep(each, replace(judged(SICK), scenario=each.stem))
    certify.remove(files[:1])
    assert not files[0].exists()
    assert certify.find(files[0], "a") is None
    assert files[1].exists()
    assert certify.find(files[1], "b") is not None


def test_every_cheater_plays_and_stands_beside_the_others_in_reports() -> None:
    assert set(certify.CHEATERS) <= set(actor)
    assert set(certify.CHEATERS) == set(summary.CHEATERS)
