"""`telic storm` and `telic compare-worlds`: what is no question is refused, and what failed or says nothing is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from telic.cli import maps
from telic.errors import UsageError
from telic.lab.trials import comparison, storm
from telic.lab.trials.comparison import Comparison, Pair, Said


def ended(*words: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed. Errors are raised."""
    app = typer.Typer()
    maps.register(app)
    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing run."""

    def run(*words: object, **asked: object) -> None:
        raise AssertionError(f"ran with {words} {asked}")

    monkeypatch.setattr(storm, "storm", run)
    monkeypatch.setattr(comparison, "compare", run)


@pytest.mark.parametrize("option", ["--rates", "--lengths", "--retries"])
@pytest.mark.parametrize("value", ["nan", "inf", "1,inf", "-1"])
def test_a_map_of_what_is_no_finite_number_is_refused(never: None, option: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{option} '{value}': not finite, or below 0"):
        ended("storm", f"{option}={value}")


@pytest.mark.parametrize(("option", "value"), [("--rates", "0"), ("--rates", "100,0"), ("--retries", "1.5")])
def test_a_map_without_load_or_with_part_of_a_retry_is_refused(never: None, option: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{option} '{value}': (0 requests/s is no load|not whole)"):
        ended("storm", option, value)


def test_a_comparison_of_nothing_is_refused(never: None) -> None:
    with pytest.raises(UsageError, match="neither a fault nor a trial"):
        ended("compare-worlds", "--trials", "none", "--faults", "none")
    for seeds in ("0", "-3"):
        assert ended("compare-worlds", "--seeds", seeds)[0] == 2


def test_what_failed_and_what_says_nothing_is_told_apart_from_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    well, silent = Said("recovered", 2.0), Said("not well before")
    failed = Said("UsageError: no such thing", failed=True)
    pairs = tuple(Pair("T1", 1, one, two) for one, two in ((well, well), (failed, failed), (silent, silent)))

    def compare(system: str, settings: object, *, on_pair: Any, **asked: object) -> Comparison:
        for each in pairs:
            on_pair(each)
        return Comparison(pairs)

    monkeypatch.setattr(comparison, "compare", compare)
    said = ended("compare-worlds", "--faults", "none")[1]
    assert "seed 1: failed" in said
    assert "seed 1: says nothing" in said
    assert "same verdict  1 of 2 (50%)\nfailed        1 of them" in said
    assert "say nothing   1 more" in said


def test_a_comparison_in_which_nothing_recovered_names_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Pair("T1", 1, Said("not well before"), Said("not well before"))
    monkeypatch.setattr(comparison, "compare", lambda *words, **asked: Comparison((silent,)))
    code, said = ended("compare-worlds", "--faults", "none")
    assert code == 1
    assert "nan" not in said
    assert "nothing recovered on both worlds" in said


def test_a_picture_that_could_not_be_written_is_no_reason_to_run(never: None, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--out {tmp_path} is a folder"):
        ended("storm", "--out", str(tmp_path))
