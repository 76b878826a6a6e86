"""Commands about an incident: asked of sources, kept beside the report, or what a receiver of ours keeps."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path

import pytest
import typer
from tests.telemetry.sources.cases import T0
from tests.telemetry.stored_rows import rows
from tests.telemetry.stored_server import answering
from typer.testing import CliRunner

from telic.cli import context, diagnose, reports, telemetry
from telic.errors import PortInUse, TelicError, UsageError
from telic.settings import run_folder

AT = ["--at", "2026-11-21T10:00:00Z"]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    made = typer.Typer()
    for module in (context, diagnose, reports, telemetry):
        module.register(made)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return made


def said(app: typer.Typer, *words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


def test_what_a_report_says_of_sources_can_be_asked_again(app: typer.Typer, tmp_path: Path) -> None:
    answering(tmp_path / "home" / "telemetry", rows(T0))
    words = ["diagnose", "--source", "telic=telemetry", *AT, "--report", "cause.html"]
    assert "kept in cause-incident" in said(app, *words)
    assert "2 of 2 hold" in said(app, "report", "verify", "cause.json")
    (tmp_path / "moved").mkdir()
    for name in ("cause.json", "cause-incident"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    assert "2 of 2 hold" in said(app, "report", "verify", "moved/cause.json")
    (tmp_path / "moved" / "cause-incident").rename(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"moved/cause\.json is about cause-incident, which is not there"):
        CliRunner().invoke(app, ["report", "verify", "moved/cause.json"], catch_exceptions=False, standalone_mode=False)
    assert "2 of 2 hold" in said(app, "report", "verify", "moved/cause.json", "--data", "elsewhere")
    (tmp_path / "elsewhere").rename(tmp_path / "cause-incident")
    said(app, *words)
    assert {each.name for each in tmp_path.glob("*-incident*")} == {"cause-incident", "cause-incident-2"}


def test_the_receiver_that_answers_is_asked_where_nothing_is_named(app: typer.Typer, tmp_path: Path) -> None:
    (killed := run_folder(tmp_path / "home" / "old")).mkdir(parents=True)
    (tmp_path / "home" / "old").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(killed / "telemetry.sock"))  # nobody listens
    with pytest.raises(UsageError, match="nothing takes telemetry here"):
        CliRunner().invoke(app, ["context", *AT], catch_exceptions=False, standalone_mode=False)
    shutil.rmtree(killed)
    answering(tmp_path / "home" / "shop", rows(T0))
    words = said(app, "context", *AT, "--svg", "graph.svg")
    assert "orders" in words
    assert "<svg" in (tmp_path / "graph.svg").read_text()
    assert "orders" in said(app, "diagnose", *AT)
    assert "orders" in said(app, "query", "SELECT DISTINCT service FROM spans")
    answering(tmp_path / "home" / "hotel", rows(T0))
    with pytest.raises(UsageError, match="2 receivers take telemetry") as several:
        CliRunner().invoke(app, ["context", *AT], catch_exceptions=False, standalone_mode=False)
    assert "--source telic=hotel or --source telic=shop" in several.value.hint


def test_a_query_that_was_cut_off_says_so_beside_its_answer(app: typer.Typer, tmp_path: Path) -> None:
    answering(tmp_path / "home" / "telemetry", rows(T0))
    cut = CliRunner().invoke(app, ["query", "SELECT range FROM range(20000)", "--json"])
    assert len(json.loads(cut.stdout)) == 10_000
    assert "cut off after 10000 rows, there are more: --limit takes up to 200000" in cut.stderr
    whole = CliRunner().invoke(app, ["query", "SELECT range FROM range(20000)", "--json", "--limit", "20000"])
    assert (len(json.loads(whole.stdout)), whole.stderr) == (20_000, "")
    most = CliRunner().invoke(app, ["query", "SELECT range FROM range(200001)", "--json", "--limit", "200000"])
    assert "group in SQL" in most.stderr
    for limit in ("0", "-1", "200001"):
        assert CliRunner().invoke(app, ["query", "SELECT 1", "--limit", limit]).exit_code == 2


def refused(app: typer.Typer, *words: str) -> tuple[TelicError, str]:
    """Return why `telic serve` does not begin, and what it printed before."""
    result = CliRunner().invoke(app, ["serve", "--grpc", "", "--no-fast", *words])
    assert isinstance(result.exception, TelicError)
    return result.exception, result.output


def test_others_send_only_where_that_was_asked_for(app: typer.Typer) -> None:
    error, _ = refused(app, "--listen", "0.0.0.0:0")
    assert "0.0.0.0 is not on this machine alone" in str(error)
    assert "--allow-remote" in error.hint
    error, said = refused(app, "--allow-remote")
    assert "opens nothing: 127.0.0.1:4318 is on this machine alone" in str(error)
    assert not said


def test_serve_says_where_it_listens_only_if_it_does(app: typer.Typer, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        words = ["--listen", f"0.0.0.0:{other.getsockname()[1]}", "--allow-remote", "--state", str(tmp_path / "s")]
        error, printed = refused(app, *words)
    assert isinstance(error, PortInUse)
    assert "--listen HOST:PORT" in error.hint
    assert "OTLP/HTTP" not in printed
    assert re.sub(r"\s+", " ", printed).startswith(f"warning: anybody who reaches {words[1]} can write to it")
