"""The command line: a face of the same calls, no logic of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Annotated

import typer
from typer.core import TyperGroup

from telic.cli.output import complain
from telic.errors import TelicError, UsageError


class _InOrder(TyperGroup):
    """Lists commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: object) -> list[str]:
        return list(self.commands)


def face(asked: Sequence[str] = ()) -> typer.Typer:
    """Return the command line, with the command `asked` for or with all of them."""
    app = typer.Typer(
        name="telic",
        cls=_InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        help="State what a system must do; Telic designs it, runs it, finds what breaks it and repairs it under guard.",
        epilog="Start with `telic demo`, or `telic up hotel` and `telic status`.",
    )
    app.callback()(_options)  # and a single command stays one by name
    for module in modules(asked):
        module.register(app)
    return app


def _version(asked: bool) -> None:
    if asked:
        from telic.cli.build import version

        version()
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="As the command `version`.")
    ] = False,
) -> None:
    """Take what stands before the command."""


def main() -> None:
    """Run the command line; errors become a sentence, a next step and an exit code."""
    app = face(sys.argv[1:2])
    as_json = "--json" in sys.argv
    try:
        code = app(prog_name="telic", standalone_mode=False)  # what `typer.Exit` said; None where a command ended
    except TelicError as error:
        sys.exit(complain(error, as_json=as_json))
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        sys.exit(complain(UsageError(error.format_message(), hint=_usage(error)), as_json=as_json))
    if code:
        sys.exit(code)


def _usage(error: Exception) -> str:
    """Return how the command that refused its words is used."""
    context = getattr(error, "ctx", None)
    if context is None or context.parent is None:
        return "`telic --help` lists commands, `telic COMMAND --help` examples"
    usage = " ".join(context.get_usage().removeprefix("Usage:").split())
    return f"`{usage}`; `{context.command_path} --help` has examples"


COMMANDS: Mapping[str, Sequence[str]] = {
    "demo": ("demo",),
    "running": ("up", "down", "status", "logs"),
    "traffic": ("load", "inject", "heal"),
    "telemetry": ("serve", "query"),
    "operator": ("watch",),
    "diagnose": ("diagnose",),
    "context": ("context",),
    "build": ("design", "doctor", "version"),
    "trials": ("trial",),
    "maps": ("storm", "compare-worlds"),
    "lab": ("lab",),
    "kubernetes": ("kubernetes",),
    "record": ("record",),
    "reports": ("report",),
    "opportunities": ("opportunities",),
}
"""The module of each command, in the order in which help lists them."""


def modules(asked: Sequence[str] = ()) -> Iterable[ModuleType]:
    """Return the modules whose commands are offered: that of the command `asked` for alone, so that none waits for all.

    Parameters
    ----------
    asked
        The first word of the command line, if there is one.
    """
    own = [name for name, commands in COMMANDS.items() if set(asked) & set(commands)]
    return [import_module(f"telic.cli.{name}") for name in own or COMMANDS]
