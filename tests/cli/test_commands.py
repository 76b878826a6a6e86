"""Each command is found in the module that the table names, and asking for one loads no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from telic import cli

FOLDER = Path(cli.__file__).parent


@pytest.mark.parametrize("module", cli.COMMANDS)
def test_the_table_names_what_a_module_registers(module: str) -> None:
    (loaded,) = cli.modules(cli.COMMANDS[module][:1])
    app = typer.Typer()
    loaded.register(app)
    commands = [
        each.name or str(each.callback.__name__).replace("_", "-") for each in app.registered_commands if each.callback
    ]
    assert sorted([*commands, *(str(each.name) for each in app.registered_groups)]) == sorted(cli.COMMANDS[module])


def test_every_module_that_registers_commands_is_in_the_table() -> None:
    found = {each.stem for each in FOLDER.glob("*.py") if "\ndef register(" in each.read_text()}
    assert found == set(cli.COMMANDS)


@pytest.mark.parametrize("command", [each for commands in cli.COMMANDS.values() for each in commands])
def test_each_command_is_called_by_its_name_whatever_else_is_loaded(command: str) -> None:
    done = CliRunner().invoke(cli.face([command]), [command, "--help"])
    assert done.exit_code == 0
    assert f" {command} [OPTIONS]" in done.output


def test_one_command_loads_its_own_module_alone() -> None:
    code = "import sys; from telic import cli; cli.modules(['diagnose']); print('telic.cli.demo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_help_of_all_commands_waits_for_none_of_what_they_need() -> None:
    code = "import sys; from telic import cli; cli.modules(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"telic.loop", "telic.report", "telic.lab.journey", "telic.model.design", "duckdb", "numpy"}
    assert not heavy & set(done.stdout.split())


def test_a_fault_says_what_it_takes() -> None:
    done = CliRunner().invoke(cli.face(["inject"]), ["inject", "wrong-order", "--list"])
    said = " ".join(done.output.split())
    assert "operation Which of its operations." in said
    assert "telic inject wrong-order --param service=hotel --param operation=near --param version=1" in said


def test_the_version_is_said_in_either_way() -> None:
    option, command = (CliRunner().invoke(cli.face([word]), [word]) for word in ("--version", "version"))
    assert option.exit_code == command.exit_code == 0
    assert option.output == command.output
    assert option.output.startswith("telic 0.")


@pytest.mark.parametrize(("code", "ended"), [(0, None), (1, 1), (3, 3)])
def test_the_exit_code_of_a_command_is_that_of_the_process(
    code: int, ended: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        if code:
            raise typer.Exit(code)

    monkeypatch.setattr(cli, "face", lambda asked: app)
    monkeypatch.setattr(sys, "argv", ["telic"])
    try:
        cli.main()
        found = None
    except SystemExit as end:
        found = end.code
    assert found == ended


def test_an_error_ends_the_process_with_a_code_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-m", "telic.cli", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nonsense" in done.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("nonsense", "`telic --help`"),
        ("inject hotel hang", "`telic inject [OPTIONS] [fault]`"),
        ("lab run", "`telic lab run [OPTIONS] {suite}`"),
        ("trial hotel T1 --seed x", "`telic trial --help`"),
    ],
)
def test_words_that_a_command_does_not_take_are_answered_with_those_that_it_takes(
    words: str, hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["telic", *words.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert hint in " ".join(capsys.readouterr().err.split())
