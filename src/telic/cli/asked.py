"""Which incident a command looks at: a folder, sources that are asked now, or what a receiver of ours keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from telic.cli.output import console
from telic.cli.record import LENGTH, recorded
from telic.errors import UsageError

Kept = Annotated[
    Path | None,
    typer.Argument(
        help="A recorded incident: a folder with an incident.yaml; with --source where to keep what they say.",
        metavar="FOLDER",
    ),
]
Asked = Annotated[
    str,
    typer.Option("--source", help="Ask these instead: NAME=URL by commas, or a .yaml file.", metavar="SOURCES"),
]
Length = Annotated[
    str,
    typer.Option("--window", help="Of sources: how far back the window reaches: 90s, 30m, 2h.", show_default=LENGTH),
]
Baseline = Annotated[
    str,
    typer.Option(
        "--baseline", help="Of sources: how far back from there is the baseline; 0 for none.", show_default=LENGTH
    ),
]


@dataclass(frozen=True)
class Incident:
    """What is looked at.

    Attributes
    ----------
    folder
        Holds an ``incident.yaml``.
    missing
        What sources could not give.
    fresh
        Whether sources were asked for it just now; its window ends when it was seen.
    """

    folder: Path
    missing: tuple[str, ...] = ()
    fresh: bool = False


@contextmanager
def incident(
    folder: Path | None, source: str, at: str, window: str, baseline: str, *, beside: Path | None = None, quiet: bool
) -> Iterator[Incident]:
    """Yield the incident that a command is about.

    Parameters
    ----------
    folder, source, at, window, baseline
        Options of the command.
    beside
        A file that will speak of the incident: what sources say is kept beside it, so that it can be asked again.
    quiet
        Whether nothing but JSON is printed.

    Raises
    ------
    UsageError
        Nothing is named, and none or several receivers answer here; or `folder` is there already; or `window` or
        `baseline` are given for a recording, which has its own.
    """
    if not source and folder is not None:
        if window or baseline:
            option = "--window" if window else "--baseline"
            raise UsageError(
                f"{option} is for sources: {folder} has its own window and baseline",
                hint="leave it out; --at TIME looks at an earlier moment of a recording",
            )
        yield Incident(folder)
        return
    source = source or _own()
    with tempfile.TemporaryDirectory(prefix="telic-") as made:
        where = folder or (_free(beside) if beside is not None else Path(made) / "incident")
        missing = recorded(where, source, at, window or LENGTH, baseline or LENGTH).missing
        if folder is None and beside is not None and not quiet:
            console.print(f"kept in {where}: what the sources said, for `telic report verify`", highlight=False)
        yield Incident(where, missing, fresh=True)


def receiving() -> list[str]:
    """Return the names of the states here whose telemetry a process of ours takes now."""
    from telic.settings import Settings, run_folder
    from telic.telemetry.client import listens

    home = Settings.read().home
    return sorted(each.name for each in home.glob("*") if listens(run_folder(each) / "telemetry.sock"))


def _own() -> str:
    """Return the source that is what the one receiver here keeps."""
    found = receiving()
    if len(found) != 1:
        named = " or ".join(f"--source telic={name}" for name in found) or "--source prometheus=URL,jaeger=URL"
        takes = f"{len(found)} receivers take telemetry" if found else "nothing takes telemetry"
        raise UsageError(f"no incident is named, and {takes} here", hint=f"name a FOLDER, or {named}")
    return f"telic={found[0]}"


def _free(beside: Path) -> Path:
    """Return a folder beside a file that is not there yet."""
    names = (f"{beside.stem}-incident{f'-{number}' if number > 1 else ''}" for number in range(1, 10_000))
    return next(found for name in names if not (found := beside.with_name(name)).exists())
