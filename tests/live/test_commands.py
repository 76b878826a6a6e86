"""Every command as a new user would try it, on a small system of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

NOTES = Path(__file__).parents[2] / "examples" / "01-notes" / "intent.yaml"


class Shell:
    """Runs ``telic`` with a state folder of its own."""

    def __init__(self, home: Path) -> None:
        self._environ = {**os.environ, "TELIC_HOME": str(home)}

    def __call__(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "telic.cli", *words],
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, f"telic {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def json(self, *words: str, code: int = 0) -> object:
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture(scope="module", params=["local", "simulated"])
def telic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Yield a shell in which the notes are up, in either world."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    shell("up", str(NOTES), "--port", "0", "--otlp-port", "0", "--world", request.param)
    yield shell
    shell("down", "notes")


def test_status_says_what_runs(telic: Shell) -> None:
    assert "gateway-1" in telic("status")
    state = telic.json("status", "notes")
    assert isinstance(state, dict)
    assert {each["instances"][0]["phase"] for each in state["services"].values()} == {"ready"}


def test_load_checks_every_answer(telic: Shell) -> None:
    summary = telic.json("load", "--rate", "20", "--for", "4", "--seed", "2")
    assert isinstance(summary, dict)
    assert summary["requests"] > 40
    assert summary["correct"] > 0.95


def test_harm_is_done_seen_and_taken_back(telic: Shell) -> None:
    truth = telic.json("inject", "hang", "--seed", "1")
    assert isinstance(truth, dict)
    state = telic.json("status")
    assert isinstance(state, dict)
    assert truth["mechanism"] == "hang"
    assert state["services"][truth["entity"]]["instances"][0]["process_state"] == "T"
    assert telic.json("heal") == {"healed": ["hang"]}


def test_watch_ends_by_itself_and_tells_events(telic: Shell) -> None:
    events = [json.loads(line) for line in telic("watch", "--for", "2", "--json").splitlines()]
    assert events[0]["kind"] in ("watching", "blind")


def test_logs_and_design_and_doctor_answer(telic: Shell, tmp_path: Path) -> None:
    assert isinstance(telic.json("logs", "notes", "--since", "600"), list)
    assert "services in" in telic("design", str(NOTES), "--out", str(tmp_path / "notes"))
    assert (tmp_path / "notes" / "design.json").exists()
    assert isinstance(telic.json("doctor"), list)


def test_a_second_up_is_refused_and_hurts_nobody(telic: Shell) -> None:
    refused = telic.json("up", str(NOTES), "--port", "0", "--otlp-port", "0", code=2)
    assert isinstance(refused, dict)
    assert "up already" in refused["message"] or "running" in refused["message"]
    state = telic.json("status")
    assert isinstance(state, dict)
    assert all(each["instances"][0]["phase"] == "ready" for each in state["services"].values())


def test_what_is_wrong_is_said_with_a_next_step(telic: Shell) -> None:
    assert "did you mean" in telic("inject", "hagn", code=2)
    assert "telic up" in telic("status", "shop", code=2)
    assert "no bundled system" in telic("up", "./nowhere.yaml", code=2)


def test_the_gateway_serves_its_description(telic: Shell, tmp_path: Path) -> None:
    folder = next(Path(telic._environ["TELIC_HOME"]).glob("notes/system.json"))
    about = json.loads(folder.read_text())
    with urllib.request.urlopen(f"{about['url']}/-/ready", timeout=5) as answer:
        assert json.load(answer)["service"] == "gateway"
    with urllib.request.urlopen(f"{about['url']}/-/openapi.json", timeout=5) as answer:
        assert json.load(answer)["openapi"].startswith("3.1")
    assert psutil.pid_exists(about["pid"])


def test_a_demo_on_virtual_time_ends_in_recovery_and_a_report(tmp_path: Path) -> None:
    shell, page = Shell(tmp_path / "home"), tmp_path / "report.html"
    told = shell("demo", "--world", "simulated", "--seed", "7", "--plain", "--report", str(page))
    assert "users well again after" in told
    assert "--world simulated" in told
    assert page.stat().st_size > 10_000
