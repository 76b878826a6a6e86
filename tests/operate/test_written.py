"""The failing line of a blamed service is found in its repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.operate.causes.test_support import CALLS, hum, line
from tests.telemetry.sources.test_blame import repository
from tests.worlds.recorded.folders import ONSET, write
from typer.testing import CliRunner

from telic.cli import reports
from telic.errors import TelicError
from telic.operate.diagnosis.account import account
from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.written import code_folder, written_lines
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
    assert code_folder(incident, None) is None
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
