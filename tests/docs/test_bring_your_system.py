"""The commands of docs/how-to/bring-your-system.md name options and files that exist; its files can be read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import typer
from tests.docs.pages import ROOT, blocks, commands

from telic import cli
from telic.lab import brought
from telic.lab import scenario as scenarios
from telic.worlds import brought as worlds
from telic.worlds.brought import reading, verbs

PAGE, EXAMPLE = "docs/how-to/bring-your-system.md", "examples/04-bring-your-system"


def test_every_command_has_options_and_files_that_exist() -> None:
    face = typer.main.get_command(cli.face(["lab"]))
    lines = commands(PAGE) + commands(f"{EXAMPLE}/README.md")
    assert len(lines) == 7
    for line in lines:
        _, group, name, *words = shlex.split(line)
        command = face.commands[group].commands[name]  # type: ignore[attr-defined]
        options = {each for option in command.params for each in option.opts}
        assert {each for each in words if each.startswith("--")} <= options, line
        assert all((ROOT / each).exists() for each in words if each.startswith("examples/")), line


def test_the_files_on_the_page_can_be_read(tmp_path: Path) -> None:
    one, several = (each for each in blocks(PAGE) if not each.startswith("telic "))
    (tmp_path / worlds.FILE).write_text(one)
    first = worlds.read(tmp_path)
    head, operations = one.replace('start = "python3 app.py"\n', "").split("\n\n")
    (tmp_path / worlds.FILE).write_text("\n".join([head, several, operations]))
    second = worlds.read(tmp_path)
    assert ([each.name for each in first.services], second.entry) == (["bookshop"], "web")
    assert second.promise == worlds.read(ROOT / EXAMPLE).promise


def test_the_tables_name_every_key_fault_and_action() -> None:
    words = set(re.findall(r"`([\w-]+)`", (ROOT / PAGE).read_text(encoding="utf-8")))
    keys = {*reading.TOP, *reading.SERVICE, *reading.OPERATION, *reading.OBJECTIVES}
    assert keys - {"schema", "services", "operations", "objectives"} <= words
    assert set(brought.PLAYS) | set(verbs.VERBS) <= words


def test_the_scenarios_of_the_example_bring_it() -> None:
    found = scenarios.suite(str(ROOT / EXAMPLE / "scenarios"))
    assert [each.name for each in found] == ["bookshop-calm", "bookshop-hang"]
    assert {each.app for each in found} == {str(ROOT / EXAMPLE)}
