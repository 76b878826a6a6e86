"""The commands of docs/concepts/event-graph.md and of its example, as they stand there."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.docs.pages import ROOT, blocks, commands
from typer.testing import CliRunner

from telic.cli import context, diagnose, record, reports

PAGE, EXAMPLE = "docs/concepts/event-graph.md", "examples/02-incident/README.md"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page's first command makes."""
    folder = tmp_path_factory.mktemp("page")
    (line,) = commands(PAGE, "python")
    subprocess.run([sys.executable, str(ROOT / line.split()[1]), *line.split()[2:]], cwd=folder, check=True)
    return folder


def run(line: str) -> str:
    app = typer.Typer()
    for module in (record, diagnose, context, reports):
        module.register(app)
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
    return result.output


def test_the_commands_of_the_page_show_what_it_shows(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.setenv("COLUMNS", "300")
    found = [run(each) for each in commands(PAGE)]
    assert len(found) == 3
    graph, answer = found[1], found[2]
    for words in ("orders change: orders: smaller connection pool", "gateway alert: checkout is slow", "pool.waiting"):
        assert words in graph
        assert any(words in each for each in blocks(PAGE)), f"the page does not show {words!r}"
    first = next(line for line in answer.splitlines() if line.startswith("1."))
    assert first.split()[1] == "orders"
    assert "r412" in answer
    drawn = run("telic context checkout-is-slow --svg graph.svg")
    assert "drawn" in drawn
    assert (shop / "graph.svg").read_text().startswith("<svg")
    run("telic diagnose checkout-is-slow --report cause.html")
    assert "9 of 9 asked again and the same" in run("telic report verify cause.json")


def test_the_example_has_the_commands_of_the_page() -> None:
    assert commands(EXAMPLE) == commands(PAGE)
    assert commands(EXAMPLE, "python") == commands(PAGE, "python")
