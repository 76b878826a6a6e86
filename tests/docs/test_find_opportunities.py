"""The commands of docs/tutorials/find-opportunities.md, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main
from tests.docs.pages import ROOT, blocks, commands
from tests.telemetry.sources.serving import reply, serving
from typer.testing import CliRunner

from telic.cli import opportunities
from telic.opportunities import record
from telic.opportunities.language.file import read_text

PAGE = "docs/tutorials/find-opportunities.md"
TEXT, BLOCKS, COMMANDS = (ROOT / PAGE).read_text(), blocks(PAGE), commands(PAGE)
(QUESTIONS,) = [each for each in BLOCKS if each.startswith("opportunities: v1")]


def app() -> typer.Typer:
    made = typer.Typer()
    made.callback()(lambda: None)
    opportunities.register(made)
    return made


def test_the_page_names_only_commands_and_options_that_there_are() -> None:
    group: Any = typer.main.get_command(app())
    known = group.commands["opportunities"].commands
    asked = [shlex.split(line)[2:] for line in COMMANDS]
    assert [words[0] if words[0] in known else "find" for words in asked] == [
        *("sample", "find", "explain", "find", "find", "find", "find"),
        *("sample", "find", "compare", "watch", "export", "apply"),
    ]
    for words in asked:
        command = known[words[0] if words[0] in known else "find"]
        options = {option for each in command.params for option in each.opts}
        assert {each for each in words if each.startswith("--")} <= options
    for option in re.findall(r"`(--[a-z-]+)", TEXT):
        assert any(option in each.opts for command in known.values() for each in command.params), option


def test_the_questions_of_the_page_are_of_the_language() -> None:
    found = read_text(QUESTIONS)
    assert [len(found.kpis), len(found.hypotheses), list(found.templates)] == [1, 1, ["ngrams"]]


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_every_command_of_the_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    Path("questions.yaml").write_text(QUESTIONS.partition("\n\n")[0] + "\n")
    said = []
    proposed = json.dumps(["session has 'open_help'", "close_help", "session has 'no such event'"])
    with serving(
        lambda _: reply({"choices": [{"message": {"role": "assistant", "content": proposed}}]}, 200)
    ) as server:
        for line in COMMANDS:
            words = [each.replace("http://127.0.0.1:11434", server.url) for each in shlex.split(line)[1:]]
            result = CliRunner().invoke(app(), words)
            assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
            said.append(result.output)
    assert "stated " in said[5]
    assert "of the language model" in said[5]
    assert "sessions of the sample" in said[6]
    assert "not drawn" in said[6]
    assert "report:" in said[10]
    planted = re.findall(r"^  (.+): (?:3|from half)", said[0], re.M)
    assert len(planted) == 3
    week = record.read(Path("week.json"))
    words = [each.hypothesis.words for each in week.surfaced.findings]
    assert any("open_plan > close_help" in each for each in words)
    assert any("os = os_7" in each and "second" in each for each in words)
    assert any("version = v9" in each for each in words)
    assert not any("retry_coupon" in each for each in words)  # the decoy
    assert not any("last more than" in each for each in words)
    assert [line in said[1] for line in ("  a wrong guess? --column ROLE=COLUMN", "[c5b882]")] == [True, True]
    (shown,) = [each for each in BLOCKS if each.startswith("1. Sessions with open_plan > close_help")]
    found = [line.strip() for line in said[1].splitlines()]
    for line in shown.splitlines():  # the numbers of the page are those of the command, but for lists that are cut
        start = line.strip().partition("; ...")[0]
        assert any(each.startswith(start) for each in found), line
    assert json.loads(said[3])["schema"] == record.SCHEMA
    assert "same" in said[9]
    assert "open_plan" not in Path("shared.json").read_text()
    assert "open_plan > close_help" in said[12]
    assert (tmp_path / "week.html").read_text().rstrip().endswith("</html>")
