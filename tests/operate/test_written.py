"""The lines at which a blamed service fails, and that print what it logs, are found in its code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.operate.causes.test_support import CALLS, hum, line
from tests.telemetry.sources.test_blame import git, repository
from tests.worlds.recorded.folders import ONSET, write
from typer.testing import CliRunner

from telic.cli import context, diagnose, reports
from telic.errors import TelicError
from telic.operate.diagnosis.account import account
from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.written import code_lines, written_lines
from telic.report import diagnosis
from telic.worlds.recorded import Recording, read

__all__ = ["repository"]
TRACE = """Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/flask/app.py", line 20, in run
  File "/srv/cart/app.py", line 20, in price
IndexError: list index out of range"""


@pytest.fixture
def incident(tmp_path: Path) -> Recording:
    logs = [line(ONSET + each, "cart", TRACE, "ERROR") for each in range(60)]
    return read(write(tmp_path / "one", logs=[*hum(), *logs], calls=CALLS))


def test_the_failing_line_and_its_commit_stand_in_the_report(
    incident: Recording, repository: Path, tmp_path: Path
) -> None:
    found = diagnose_recording(incident)
    (told,) = written_lines(incident, found, repository)
    assert (told.entity, told.path, told.line, told.summary) == ("cart", "cart/app.py", 20, "take the first row")
    page, _, summary = diagnosis.write(tmp_path / "r.html", account(incident, found, (told,)))
    assert "+price = rows[0]" in page.read_text()
    assert "take the first row" in summary.read_text()


def test_a_snapshot_without_a_history_is_not_asked(incident: Recording, tmp_path: Path) -> None:
    (incident.folder / "code").mkdir()
    assert code_lines(incident, diagnose_recording(incident), None) == ()
    with pytest.raises(TelicError):
        written_lines(incident, diagnose_recording(incident), tmp_path / "nothing")


def test_a_failing_line_is_asked_for_again_and_never_passes_unasked(
    incident: Recording, repository: Path, tmp_path: Path
) -> None:
    found = diagnose_recording(incident)
    lines = written_lines(incident, found, repository)
    _, record, _ = diagnosis.write(tmp_path / "r.html", account(incident, found, lines))
    app = typer.Typer()
    reports.register(app)

    def verified(*more: str) -> tuple[int, str]:
        told = CliRunner().invoke(app, ["report", "verify", str(record), "--json", *more])
        claims = json.loads(told.output)["claims"]
        return told.exit_code, next(each["verdict"] for each in claims if each["id"] == "code cart/app.py:20")

    assert verified("--code", str(repository)) == (0, "holds")
    assert verified() == (1, "not asked")
    record.write_text(record.read_text().replace(lines[0].commit, "0" * 40))
    assert verified("--code", str(repository)) == (1, "changed")
    assert verified("--code", str(tmp_path / "nothing")) == (1, "failed")


POOL = """import logging
log = logging.getLogger("cart")
def take(limit):
    log.error("no connection from pool within %d ms", limit)
"""


@pytest.fixture
def starved(tmp_path: Path) -> Recording:
    waits = [
        line(ONSET + each, "cart", f"no connection from pool within {800 + each} ms", "ERROR") for each in range(60)
    ]
    return read(write(tmp_path / "two", logs=[*hum(), *waits], calls=CALLS))


def code(folder: Path, *files: str) -> Path:
    for each in files:
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_text(POOL)
    return folder


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    for each in (context, diagnose, reports):
        each.register(app)
    told = CliRunner().invoke(app, list(words))
    return told.exit_code, told.output


def test_the_line_that_prints_what_the_blamed_service_logs_is_told_and_asked_for_again(
    starved: Recording, tmp_path: Path
) -> None:
    own = code(starved.folder / "code", "audit/pool.py", "cart/pool.py")
    ended, told = run("diagnose", str(starved.folder), "--report", str(tmp_path / "r.html"), "--json")
    (found,) = json.loads(told)["code"]
    assert (ended, found["path"], found["line"], found["commit"]) == (0, "cart/pool.py", 4, "")
    assert found["prints"]
    assert "prints what cart logs" in (tmp_path / "r.html").read_text()
    assert "The printing line: cart/pool.py:4" in (tmp_path / "r.md").read_text()
    assert run("report", "verify", str(tmp_path / "r.json"))[0] == 0
    (own / "cart" / "pool.py").write_text(POOL.replace("no connection", "nothing"))
    ended, told = run("report", "verify", str(tmp_path / "r.json"), "--json")
    assert (ended, [each["verdict"] for each in json.loads(told)["claims"] if each["id"] == "code cart/pool.py:4"]) == (
        1,
        ["changed"],
    )


def test_a_printing_line_has_its_commit_where_there_is_a_history(starved: Recording, tmp_path: Path) -> None:
    folder = code(tmp_path / "code", "cart/pool.py")
    assert code_lines(starved, diagnose_recording(starved), folder)[0].commit == ""
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "wait for the pool")
    (told,) = code_lines(starved, diagnose_recording(starved), folder)
    assert (told.path, told.line, told.summary) == ("cart/pool.py", 4, "wait for the pool")


def test_the_event_graph_names_the_line_that_prints_a_pattern(starved: Recording, tmp_path: Path) -> None:
    folder = code(tmp_path / "code", "cart/pool.py")
    _, without = run("context", str(starved.folder))
    assert "no connection from pool" in without
    assert "cart/pool.py" not in without
    drawn = tmp_path / "graph.svg"
    _, told = run("context", str(starved.folder), "--code", str(folder), "--svg", str(drawn))
    assert "[cart/pool.py:4]" in told
    assert "[cart/pool.py:4]" in drawn.read_text()
    _, plain = run("context", str(starved.folder), "--code", str(folder), "--json")
    assert [each["source"] for each in json.loads(plain)["nodes"] if each["kind"] == "log pattern"] == [
        "cart/pool.py:4"
    ]
