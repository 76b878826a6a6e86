"""The commands of two how-tos name commands and options that exist; scenario files in them can be read."""

from __future__ import annotations

import shlex

import pytest
import typer
from tests.docs.pages import commands

from telic import cli
from telic.worlds.kubernetes import chaos
from telic.worlds.kubernetes.manifests import manifests

LAB, CLUSTER = "docs/how-to/record-an-incident.md", "docs/how-to/kubernetes.md"
COUNTS = {LAB: 8, CLUSTER: 7}


@pytest.mark.parametrize("page", [LAB, CLUSTER])
def test_every_command_has_options_that_exist(page: str) -> None:
    lines = commands(page)
    assert len(lines) == COUNTS[page]
    for line in lines:
        _, group, name, *words = shlex.split(line)
        face = typer.main.get_command(cli.face([group]))
        command = face.commands[group].commands[name]  # type: ignore[attr-defined]
        options = {each for option in command.params for each in option.opts}
        assert {each for each in words if each.startswith("--")} <= options, line


def test_what_the_pages_call_is_there() -> None:
    assert all(
        callable(getattr(chaos, each)) for each in ("link", "ended", "killed", "stopped", "busy", "filled", "skewed")
    )
    assert callable(manifests)
