"""The commands of docs/how-to/bring-your-agent.md name options and files that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from tests.docs.pages import ROOT, blocks, commands

from telic.cli import lab
from telic.lab.doors.gate import Limits
from telic.lab.doors.kit import client

PAGE = "docs/how-to/bring-your-agent.md"
TEXT, COMMANDS = (ROOT / PAGE).read_text(encoding="utf-8"), commands(PAGE)


def test_every_command_has_options_and_files_that_exist() -> None:
    app = typer.Typer()
    lab.register(app)
    group = typer.main.get_command(app).commands["lab"]  # type: ignore[attr-defined]
    options = {each for option in group.commands["run"].params for each in option.opts}
    assert len(COMMANDS) == 7
    for line in COMMANDS:
        words = shlex.split(line)
        assert words[:3] == ["telic", "lab", "run"]
        assert {each for each in words if each.startswith("--")} <= options, line
        for name, value in pairwise(words):
            assert name != "--file" or (ROOT / value).is_file(), line


def test_every_python_line_is_python_and_every_example_is_there() -> None:
    for block in blocks(PAGE):
        if block.startswith("import "):
            compile(block, PAGE, "exec")
    named = set(re.findall(r"examples/03-lab/([\w.]+)", TEXT)) - {"README.md"}
    assert all((ROOT / "examples" / "03-lab" / each).is_file() for each in named)
    listed = set(re.findall(r"`([\w]+\.(?:py|txt))`", (ROOT / "examples/03-lab/README.md").read_text()))
    assert listed == {each.name for each in Path(ROOT / "examples" / "03-lab").iterdir() if each.is_file()} - {
        "README.md"
    }


def test_the_figures_are_those_of_the_code() -> None:
    limits = Limits()
    assert f"more than {limits.bytes // 1024} KiB" in TEXT
    assert f"more than {limits.burst} requests at once, {limits.rate:g} a second for long, or {limits.waiting}" in TEXT
    assert client.URL in TEXT
    assert client.TOKEN in TEXT


def test_the_lines_for_gymnasium_work_as_they_stand() -> None:
    pytest.importorskip("gymnasium", reason="the extra `lab` is not installed")
    (block,) = [each for each in blocks(PAGE) if each.startswith("import gymnasium")]
    use = "assert env.reset(seed=1)[1]['tasks']\nassert len(envs.reset(seed=1)[0]['time']) == 4\n"
    program = f"{block}{use}env.close()\nenvs.close()\n"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
