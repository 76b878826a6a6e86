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
    assert len(found) == 4
    _, graph, compared, answer = found
    shown = {
        graph: (
            "orders change: orders: smaller connection pool",
            "gateway alert: checkout is slow",
            "pool.waiting",
            "changed before 09:43:30, nearest and latest first\n  r412 orders: smaller connection pool: 2 min before",
        ),
        compared: (
            "compared with 09:20:00 to 09:35:00, when all was well",
            "new: 09:41:00 orders change: orders: smaller connection pool",
            "ms 0 -> 0.049 lines/s  [orders/pool.py:7]",
        ),
        answer: ("code: orders/pool.py:7 prints what orders logs: ERROR no connection from pool within <*> ms",),
    }
    for told, expected in shown.items():
        for words in expected:
            assert " ".join(words.split()) in " ".join(told.split())
            assert any(words in each for each in blocks(PAGE)), f"the page does not show {words!r}"
    first = next(line for line in answer.splitlines() if line.startswith("1."))
    assert first.split()[1] == "orders"
    assert "r412" in answer
    drawn = run("telic context checkout-is-slow --svg graph.svg")
    assert "drawn" in drawn
    assert (shop / "graph.svg").read_text().startswith("<svg")
    run("telic diagnose checkout-is-slow --report cause.html")
    assert "10 of 10 hold" in run("telic report verify cause.json")


def test_the_example_has_the_commands_of_the_page() -> None:
    assert commands(EXAMPLE) == commands(PAGE)
    assert commands(EXAMPLE, "python") == commands(PAGE, "python")
