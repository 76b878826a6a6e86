"""Rules of the architecture that imports alone cannot show, and promises of the pages."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

import telic.model
from telic.cli import face

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "telic").rglob("*.py"))
APPLIES = {"tools/guard.py", "worlds/local/world.py"}  # the guard, and the exchange it ends in


def command_line() -> Any:
    return typer.main.get_command(face())


def test_only_the_guard_applies_actions_to_a_world() -> None:
    found = set()
    for path, text in ((each, each.read_text()) for each in SOURCES):
        if "apply" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == "apply" and "world" in ast.unparse(called.value):
                found.add(path.relative_to(ROOT / "src" / "telic").as_posix())
    assert found == {"tools/guard.py"}


def test_the_control_method_apply_is_asked_by_the_world_alone() -> None:
    asking = {
        path.relative_to(ROOT / "src" / "telic").as_posix()
        for path in SOURCES
        if re.search(r"_ask\(\s*\"apply\"|\.ask\([^)]*\"apply\"", path.read_text())
    }
    assert asking == {"worlds/local/world.py"}


def test_no_operating_part_names_the_lab_even_as_text() -> None:
    for package in ("operate", "tools", "telemetry", "runtime", "worlds"):
        for path in (ROOT / "src" / "telic" / package).rglob("*.py"):
            assert "telic.lab" not in path.read_text(), f"{path} speaks of the lab"


def test_the_model_exports_exactly_what_it_promises() -> None:
    ours = {name for name in vars(telic.model) if name[0].isupper() or callable(vars(telic.model)[name])}
    ours -= {"Any", "TYPE_CHECKING", "__getattr__"}
    assert ours <= set(telic.model.__all__)
    assert all(hasattr(telic.model, name) for name in telic.model.__all__)


def test_the_core_stays_small() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert len(project["dependencies"]) <= 25


@pytest.mark.parametrize(
    "name",
    [
        *("demo", "up", "down", "status", "logs", "load", "inject", "heal", "watch", "design", "doctor", "version"),
        *("trial", "storm", "compare-worlds"),
        *("record", "diagnose", "context", "query"),
    ],
)
def test_every_command_has_json_and_help_with_an_example(name: str) -> None:
    command = command_line().commands[name]
    assert any("--json" in each.opts for each in command.params)
    assert command.help
    assert f"telic {name}" in (command.epilog or "")


def test_the_readme_names_only_commands_and_options_that_exist() -> None:
    group = command_line()
    readme = (ROOT / "README.md").read_text()
    for line in re.findall(r"telic ([a-z]+(?:-[a-z]+)*(?: [^`\n#|&]*)?)", readme):
        name, *words = line.split()
        if name not in group.commands:
            assert name in ("is",), f"README speaks of `telic {name}`"
            continue
        command = group.commands[name]
        if hasattr(command, "commands") and words:
            default = getattr(command, "default", "") if "." in words[0] else ""  # a file stands for the default
            assert words[0] in command.commands or default, f"README speaks of `telic {name} {words[0]}`"
            command = command.commands[default or words[0]]
        options = {option for each in command.params for option in each.opts}
        assert {each for each in words if each.startswith("--")} <= {*options, "--help"}


def test_pages_link_to_files_that_exist() -> None:
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
