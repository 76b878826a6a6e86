"""``telic lab`` refuses what cannot be played before it makes a run, and its exit status says what was not played."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from telic import cli
from telic.errors import UsageError
from telic.lab.runs import folder as runs
from telic.lab.runs.playable import require_playable
from telic.lab.scenario import suite

SHORT = "[phases]\nwarm = 2\nbaseline = 3\nspread = 0\nhold = 8\nrecovery = 2\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Designs that are made once for all tests."""
    return tmp_path_factory.mktemp("designs")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TELIC_MODEL", "TELIC_MODEL_REPLIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "designs").symlink_to(shelf)
    return tmp_path / "home"


def scenario(folder: Path, name: str, more: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(f'schema = "telic/scenario/v1"\nname = "{name}"\n{more}\n{SHORT}')
    return path


def lab(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.face(["lab"]), ["lab", *map(str, words)])


def assert_refused(done: Result, said: str, home: Path) -> None:
    assert isinstance(done.exception, UsageError), done.output
    assert said in str(done.exception)
    assert runs.listing(home) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[[faults]]\nkind = "hang"\nparams = {service = "nosuch"}', "hang: hotel has no service 'nosuch'"),
        ('[workload]\nshape = "trace:/nosuch@1"', "/nosuch: No such file"),
        ('[workload]\nshape = "wavy"', "no shape 'wavy'"),
        ('[workload]\nname = "nightly"', "no workload 'nightly'"),
    ],
)
@pytest.mark.parametrize("command", ["run", "campaign"])
def test_what_names_nothing_is_refused_before_a_run_is_made(
    tmp_path: Path, home: Path, more: str, said: str, command: str
) -> None:
    done = lab(command, scenario(tmp_path, "wrong", more), "--actor", "noop")
    assert_refused(done, f"scenario wrong: {said}", home)


def test_a_world_that_can_play_none_of_the_scenarios_is_refused_before(home: Path) -> None:
    done = lab("run", "hotel-bad-probe-004", "--world", "queueing", "--actor", "noop")
    assert_refused(done, "does not play on the queueing model", home)


@pytest.mark.parametrize("name", ["core", "wide"])
def test_every_bundled_scenario_is_playable(name: str) -> None:
    require_playable(suite(name), ["simulated", "local"])


def test_less_than_was_asked_ends_with_status_1_and_a_sentence(tmp_path: Path) -> None:
    wrong = scenario(tmp_path, "wrong", '[[faults]]\nkind = "network"\nparams = {edge = "no->where"}')
    alone = lab("run", wrong, "--actor", "noop")
    assert alone.exit_code == 1
    assert "nothing was played: 1 of 1 episodes" in alone.output
    assert "balanced" not in alone.output, "no empty table"
    scenario(tmp_path, "calm")
    for command in ("run", "campaign"):
        done = lab(command, tmp_path, "--actor", "noop", *(("--seeds", "1", "--new") if command == "campaign" else ()))
        assert done.exit_code == 1, done.output
        assert "less was played than was asked: 1 of 2 episodes" in " ".join(done.output.split())


@pytest.mark.parametrize("command", ["run", "campaign", "flakiness", "record"])
def test_react_without_a_model_is_refused_before(tmp_path: Path, home: Path, command: str) -> None:
    out = ("--out", str(tmp_path / "out")) if command == "record" else ()
    done = lab(command, scenario(tmp_path, "calm"), "--actor", "react", *out)
    assert_refused(done, "react asks a language model, and none is named", home)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--command", "nosuchprogram --fast"], "no program 'nosuchprogram'"),
        (["--command", "/no/such/program"], "no program '/no/such/program'"),
        (["--command", "./agent.sh"], "no program './agent.sh'"),
        (["--command", "python 'agent.py"], "No closing quotation"),
        (["--http", "--human"], "--human beside another way in"),
        (["--command", "python a.py", "--human"], "--human beside another way in"),
        (["--http", "--mcp"], "--http and --mcp"),
        (["--port", "8901"], "--port is for whoever connects"),
        (["--keep", "KEY"], "--file, --keep and --output are for a program"),
        (["--output"], "--file, --keep and --output are for a program"),
    ],
)
def test_actors_that_cannot_work_are_refused_before(tmp_path: Path, home: Path, words: list[str], said: str) -> None:
    done = lab("run", scenario(tmp_path, "calm"), *words)
    assert_refused(done, said, home)


def test_a_port_that_somebody_has_is_refused_before(tmp_path: Path, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = lab("run", scenario(tmp_path, "calm"), "--http", "--port", port)
    assert_refused(done, f"port {port} cannot be taken", home)


def test_a_port_that_is_none_is_refused(tmp_path: Path, home: Path) -> None:
    done = lab("run", scenario(tmp_path, "calm"), "--http", "--port", 99999)
    assert (done.exit_code, runs.listing(home)) == (2, [])


def test_the_leaderboard_is_there_for_programs_too(tmp_path: Path) -> None:
    lab("run", scenario(tmp_path, "calm"), "--actor", "noop", "--json")
    done = lab("leaderboard", "--out", tmp_path / "board.html", "--json")
    said = json.loads(done.output)
    assert Path(said["page"]).is_file()
    assert said["suites"][0]["standings"][0]["actor"] == "noop"


def test_a_program_of_the_actors_own_files_is_found(tmp_path: Path, home: Path) -> None:
    agent = tmp_path / "agent.sh"
    agent.write_text("#!/bin/sh\necho nothing to say\nexit 3\n")
    os.chmod(agent, 0o755)
    done = lab("run", scenario(tmp_path, "calm"), "--command", "./agent.sh", "--file", agent)
    assert (done.exit_code, len(runs.listing(home))) == (0, 1), done.output
    said = " ".join(done.output.split())
    assert "crashed: nothing to say (status 3)" in said
    assert "program: 1 of 1 crashed or got lost" in said
    again = lab("record", "latest", "--out", tmp_path / "night")
    assert isinstance(again.exception, UsageError), again.output
    assert "is none of the built-in actors" in str(again.exception)
    assert again.exception.hint.startswith("telic lab record calm --out ")


def test_what_a_program_prints_is_shown_where_that_is_asked_for(tmp_path: Path) -> None:
    agent = tmp_path / "agent.py"
    agent.write_text(
        "from telic_kit.client import connect\nprint('I [see] nothing')\n"
        "connect().call('submit', {'healthy': True, 'final': True})\n"
    )
    words = ("run", scenario(tmp_path, "calm"), "--command", "python agent.py", "--file", agent)
    assert "I [see] nothing" not in lab(*words).output
    assert "I [see] nothing" in lab(*words, "--output").output


def test_a_table_has_no_columns_of_tasks_that_nobody_was_asked(tmp_path: Path) -> None:
    done = lab("run", scenario(tmp_path, "calm"), "--actor", "noop")
    assert "detect" in done.output
    assert "predict" not in done.output


def test_recording_a_system_that_does_not_run_says_so(tmp_path: Path) -> None:
    done = lab("record", "hotel", "--out", tmp_path / "out")
    assert isinstance(done.exception, UsageError), done.output
    assert str(done.exception) == "the system 'hotel' is not running"
    assert "telic up hotel" in done.exception.hint


def test_a_run_does_not_go_on_with_an_actor_that_it_was_not_made_for(tmp_path: Path, home: Path) -> None:
    path = scenario(tmp_path, "calm")
    planned = runs.cells(suite(str(path)), ["noop"], [1])
    folder = runs.create(home, planned, now=0.0, title="calm", suite="calm")
    done = lab("run", path, "--actor", "telic", "--resume", folder.name)
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == f"run {folder.name} has no episodes of telic; it was made for noop"
    assert lab("run", path, "--actor", "noop", "--resume", folder.name).exit_code == 0
