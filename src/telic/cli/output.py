"""What the command line prints: tables for people, JSON for programs, errors with a next step."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from telic.errors import TelicError, UsageError
from telic.model import dump, plain

console = Console()
errors = Console(stderr=True)
CLOSE = 6  # columns, beyond which one blank between them has to do
NAME = 48  # characters; what leads the rows of a table and is no longer is a name

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
System = Annotated[str, typer.Argument(help="A running or bundled system (hotel), or the path of an intent file.")]


def show(record: object, *, as_json: bool, text: str = "") -> None:
    """Print `record` as JSON, or `text` for people."""
    if as_json:
        sys.stdout.write(dump(record, indent=2).decode() + "\n")
    else:
        console.print(text or str(plain(record)), highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; in a narrow terminal words of its heads and names that lead its rows stay whole."""
    rows = [*rows]
    close = len(columns) > CLOSE
    named = all(row and len(row[0]) <= NAME and " " not in row[0] for row in rows)  # people copy a name
    drawn = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, collapse_padding=close
    )
    for place, column in enumerate(columns):
        least = max(map(len, column.split()), default=0)
        drawn.add_column(column, overflow="fold", min_width=least, no_wrap=named and not place)
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)


def complain(error: TelicError, *, as_json: bool = False) -> int:
    """Print what happened and what to do next; return the exit code."""
    if as_json:
        record = {"error": type(error).__name__, "message": str(error), "hint": error.hint, "context": error.context}
        sys.stdout.write(dump(record, indent=2).decode() + "\n")
    else:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False, highlight=False)
        if error.hint:
            errors.print(f"  → {error.hint}", markup=False, highlight=False)
    return error.exit_code


def require_writable(path: Path, option: str) -> None:
    """Refuse where no file can be written, before anything runs that would be lost then.

    Raises
    ------
    UsageError
        A folder, or below what is no folder or may not be written into.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder", hint=f"name a file in it, such as {path / 'NAME'}")
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"{option} {path} cannot be written", hint="name another file")
