"""`telic trial`: what its evidence keeps, what is repeated from it, and what is refused before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.lab.trials.test_files import FOUND
from typer.testing import CliRunner

from telic import apps, loop
from telic.cli import trials as commands
from telic.errors import InvalidRecord, UnknownName, UsageError
from telic.lab import trials
from telic.lab.trials import files, hysteresis, measure
from telic.model import Design
from telic.model.trial import Evidence, Hysteresis, HysteresisEvidence
from telic.settings import Settings


class Runs:
    """Answers in place of worlds: a run gives `found` for what it was asked."""

    def __init__(self, design: Design) -> None:
        self.found, self.design = replace(FOUND, hashes=measure.made_of(design)), design
        self.asked: list[Mapping[str, Any]] = []

    def run(self, planned: trials.Planned, settings: Settings, tell: object, **asked: Any) -> Evidence:
        self.asked.append({"trial": planned.trial.id, "rate": planned.workload.rate, **asked})
        wiring = asked["wiring"]
        return replace(
            self.found,
            trial=planned.trial.id,
            system=self.design.system,
            source=apps.reference(apps.find(asked["system"])),
            wiring="" if wiring is None else apps.reference(wiring),
            workload=planned.workload.id,
            rate=planned.workload.rate,
            seed=asked["seed"],
            operated=asked["operate"],
        )


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return loop.design("shop", replace(Settings.read({}), home=tmp_path_factory.mktemp("home")))


@pytest.fixture
def runs(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs(design)
    monkeypatch.setattr(trials, "run", made.run)
    monkeypatch.setattr(loop, "design", lambda source, settings, wiring=None: design)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return made


def ended(*words: str) -> tuple[int, str]:
    """Run `telic trial`; return its exit code and what it printed. Errors are raised."""
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_evidence_is_repeated_with_the_system_and_the_wiring_that_it_was_made_with(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(apps.find_wiring("shop", "baseline").read_text())
    ended("shop", "T1", "--wiring", "./mine.yaml", "--seed", "3", "--rate", "20", "--operate", "--out", "m.json")
    code, said = ended("--again", "m.json")
    assert (code, "the same, second by second" in said) == (0, True)
    first, second = runs.asked
    assert second == {**first, "wiring": tmp_path / "mine.yaml"}
    assert first["system"] == "shop"


def test_an_intent_of_ones_own_is_found_again_from_another_folder(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.yaml").write_text(apps.find("shop").read_text())
    ended("own.yaml", "T1", "--out", "m.json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert ended("--again", "../m.json")[0] == 0
    assert runs.asked[1]["system"] == str(tmp_path / "own.yaml")


def test_a_repetition_that_is_not_the_same_is_named_and_ends_with_an_error(runs: Runs) -> None:
    ended("shop", "T1", "--out", "m.json")
    runs.found = replace(runs.found, seconds=(replace(runs.found.seconds[0], good=1),))
    code, said = ended("--again", "m.json")
    assert code == 1
    assert "not the same: not recovered both times, and 1 of 1 seconds differ" in said


def test_the_exit_code_of_a_repetition_says_whether_it_is_the_same_not_how_it_went(runs: Runs) -> None:
    assert ended("shop", "T1", "--out", "m.json")[0] == 1
    assert ended("--again", "m.json")[0] == 0


@pytest.mark.parametrize("name", ["telic", "intent", "design", "wiring"])
def test_what_differs_is_named_before_anything_runs(runs: Runs, tmp_path: Path, name: str) -> None:
    ended("shop", "T1", "--out", "m.json")
    kept = files.read(tmp_path / "m.json")
    files.write(tmp_path / "m.json", replace(kept, hashes={**kept.hashes, name: "sha256:0"}))
    runs.asked.clear()
    with pytest.raises(InvalidRecord, match=f"the {'code of Telic' if name == 'telic' else name} differs"):
        ended("--again", "m.json")
    assert not runs.asked


@pytest.mark.parametrize("other", [["--seed", "2"], ["--rate", "7"], ["--world", "local"], ["--hysteresis"]])
def test_what_an_evidence_file_says_is_not_asked_for_otherwise(runs: Runs, other: list[str]) -> None:
    ended("shop", "T1", "--out", "m.json")
    with pytest.raises(UsageError, match=r"m\.json: made with the"):
        ended("shop", "T1", "--again", "m.json", *other)
    assert len(runs.asked) == 1


def test_a_repetition_never_replaces_what_it_is_compared_with(runs: Runs, tmp_path: Path) -> None:
    ended("shop", "T1")
    (kept,) = (tmp_path / "home" / "shop" / "trials").iterdir()
    before = kept.read_bytes()
    runs.found = replace(runs.found, calm=7.0)
    ended("--again", str(kept))
    assert kept.read_bytes() == before
    assert kept.with_stem(f"{kept.stem}-again").is_file()
    with pytest.raises(UsageError, match="compared with"):
        ended("--again", str(kept), "--out", str(kept))


@pytest.mark.parametrize("rate", ["inf", "nan", "-inf", "0"])
def test_a_rate_that_is_no_load_is_refused_before_anything_starts(runs: Runs, rate: str) -> None:
    with pytest.raises(UsageError, match="is no load"):
        ended("shop", "T1", f"--rate={rate}")
    assert not runs.asked


def test_a_test_of_metastability_is_kept(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = (
        "trial", "inject", "system", "source", "world", "wiring", "workload", "rate", "seed", "telic", "hashes",
        "seconds",
    )  # fmt: skip
    made = HysteresisEvidence(
        **{name: getattr(runs.found, name) for name in same}, found=Hysteresis(1.0, 0.1, 1.0, ((0.5, 0.99),))
    )
    monkeypatch.setattr(hysteresis, "run", lambda *words, **asked: made)
    code, said = ended("shop", "T1", "--hysteresis", "--out", "h.json")
    assert (code, "metastable" in said, "h.json" in said) == (0, True, True)
    ended("shop", "T1", "--hysteresis")
    (kept,) = (tmp_path / "home" / made.system / "trials").iterdir()
    assert kept.read_bytes() == (tmp_path / "h.json").read_bytes()
    assert kept.name.endswith("-hysteresis.json")
    with pytest.raises(InvalidRecord, match=r"h\.json: schema 'telic/hysteresis/v1'") as caught:
        ended("--again", "h.json")
    assert "without --hysteresis" in caught.value.hint
    with pytest.raises(UsageError, match="the system alone"):
        ended("shop", "T1", "--hysteresis", "--operate")


def test_the_hash_of_telics_code_changes_with_a_file_that_decides(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from telic.design import shelf

    (tmp_path / "worlds").mkdir()
    (tmp_path / "design").mkdir()
    monkeypatch.setattr(shelf, "__file__", str(tmp_path / "design" / "shelf.py"))
    (tmp_path / "worlds" / "instance.py").write_text("SIGMA = 0.5\n")
    before = shelf.code_hash(measure.DECIDING)
    (tmp_path / "worlds" / "instance.py").write_text("SIGMA = 0.6\n")
    assert shelf.code_hash(measure.DECIDING) != before
    assert measure.made_of(design)["telic"].startswith("sha256:")


def test_an_unknown_wiring_of_an_intent_of_ones_own_asks_for_a_path(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        apps.find_wiring(str(tmp_path / "own.yaml"), "mine")
    assert caught.value.hint == "give the path of a wiring, such as ./wiring.yaml"


@pytest.mark.parametrize("option", [["--hysteresis"], ["--world", "moon"], ["--seed", "3"], ["--out", "m.json"]])
def test_options_of_a_run_without_a_trial_are_refused_not_dropped(runs: Runs, option: list[str]) -> None:
    with pytest.raises(UsageError, match=f"{option[0]}, but no trial of shop is named"):
        ended("shop", *option)
    assert ended("shop", "--json")[0] == 0


def test_a_trial_without_its_system_is_told_whose_it_could_be(runs: Runs) -> None:
    with pytest.raises(UsageError, match="T1 is no system") as caught:
        ended("T1")
    assert "`telic trial hotel T1`" in caught.value.hint


def test_evidence_that_could_not_be_written_is_no_reason_to_run(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out, why in ((tmp_path, "is a folder"), (tmp_path / "file" / "m.json", "cannot be written")):
        with pytest.raises(UsageError, match=f"--out {out} {why}"):
            ended("shop", "T1", "--out", str(out))
    assert not runs.asked
    ended("shop", "T1", "--out", str(tmp_path / "new" / "m.json"))
    assert (tmp_path / "new" / "m.json").is_file()
