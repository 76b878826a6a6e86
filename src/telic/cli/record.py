"""``telic record``: an incident of somebody else's system as a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, show
from telic.errors import SourceFailed, UsageError

if TYPE_CHECKING:
    from telic.model import Window
    from telic.telemetry.sources import Gathered

Sources = Annotated[
    str,
    typer.Option("--source", help="NAME=URL, several by commas, or a .yaml file that lists them.", metavar="SOURCES"),
]
At = Annotated[str, typer.Option("--at", help="When the incident was seen: its window ends here. Default: now.")]
Length = Annotated[str, typer.Option("--window", help="How far back the window reaches: 90s, 30m, 2h.")]
Baseline = Annotated[str, typer.Option("--baseline", help="How far back from there is the baseline; 0 for none.")]
Entities = Annotated[str, typer.Option("--entities", help="Services that matter, by commas. Default: all.")]
LENGTH = "30m"  # of the window, and of the baseline before it, where no option says another
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?$")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, None: 1.0}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(
        epilog="`telic record --source prometheus=http://127.0.0.1:9090 --window 30m checkout-is-slow`"
        "  ·  `telic record --source sources.yaml --at 2026-11-21T10:30:00Z incident-1`"
    )(record)


def record(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write; it must not exist.")],
    source: Sources,
    at: At = "",
    window: Length = "30m",
    baseline: Baseline = "30m",
    entities: Entities = "",
    symptom: Annotated[str, typer.Option(help="SERVICE or SERVICE:METRIC that suffers, if it is known.")] = "",
    rows: Annotated[
        int, typer.Option(help="Most rows of one signal from one source; of metrics five times as many.")
    ] = 100_000,
    timeout: Annotated[float, typer.Option(help="Most seconds for one signal from one source.")] = 20.0,
    as_json: Json = False,
) -> None:
    """Record what sources know of an incident, as a folder that `telic diagnose` reads."""
    found = recorded(out, source, at, window, baseline, entities=entities, symptom=symptom, rows=rows, timeout=timeout)
    counts = {signal: table.num_rows for signal, table in found.tables.items()}
    if as_json:
        show({"folder": str(out), "rows": counts, "missing": found.missing}, as_json=True)
        return
    for signal, count in counts.items():
        if count:
            console.print(f"{signal:10} {count:>8}", highlight=False)
    for each in found.missing:
        console.print(f"missing    {each}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"\nrecorded   {out}\nnext       telic diagnose {out}", highlight=False, markup=False, soft_wrap=True)


def recorded(
    folder: Path,
    source: str,
    at: str = "",
    window: str = "30m",
    baseline: str = "30m",
    *,
    entities: str = "",
    symptom: str = "",
    rows: int = 100_000,
    timeout: float = 20.0,
) -> Gathered:
    """Ask the sources that `source` names and write what they say into `folder`; parameters are those of the command.

    Raises
    ------
    UsageError
        An option makes no sense, or `folder` holds something.
    SourceFailed
        None of the sources knows anything of the window.
    """
    from telic.telemetry import sources

    incident, before = windows(at, window, baseline)
    if rows < 1 or timeout <= 0:
        raise UsageError("--rows and --timeout are above 0", hint="leave them out for 100000 rows and 20 s")
    asked = sources.read(source, os.environ)
    wanted = [each.strip() for each in entities.split(",") if each.strip()]
    limit = sources.Limit(rows=rows, seconds=timeout)
    found = sources.gather(asked, incident, baseline=before, entities=wanted, limit=limit)
    if not any(table.num_rows for table in found.tables.values()):
        raise SourceFailed(f"nothing to record: {'; '.join(found.missing)}", hint="check --source, --at and --window")
    notes = f"From {', '.join(each.where for each in asked)}."
    sources.write(found, folder, symptom=symptom_of(symptom), notes=notes)
    return found


def windows(at: str, window: str, baseline: str) -> tuple[Window, Window | None]:
    """Return the window that ends `at` (default now) and the baseline before it.

    Examples
    --------
    >>> windows("2026-11-21T10:00:00Z", "30m", "0")
    (Window(start=1795253400.0, end=1795255200.0), None)
    """
    from telic.clock import SystemClock
    from telic.model import Window
    from telic.telemetry.sources.times import guess_ns

    try:
        end = guess_ns(at) / 1e9 if at else SystemClock().time()
    except ValueError as error:
        raise UsageError(f"--at: {error}", hint="write 2026-11-21T10:30:00Z, or seconds since the epoch") from error
    length, before = seconds_of("--window", window), seconds_of("--baseline", baseline)
    if not length:
        raise UsageError("--window is above 0", hint="write 30m")
    incident = Window(end - length, end)
    return incident, incident.before(before) if before else None


def seconds_of(option: str, text: str) -> float:
    """Return the length that `text` names [s]."""
    found = _LENGTH.match(text.strip())
    if found is None:
        raise UsageError(f"{option} {text!r} is no length of time", hint="write 90s, 30m, 2h or 1d")
    return float(found[1]) * _SECONDS[found[2]]


def symptom_of(text: str) -> dict[str, str]:
    """Return what ``SERVICE:METRIC`` says."""
    entity, _, signal = text.partition(":")
    return {name: value for name, value in (("entity", entity.strip()), ("signal", signal.strip())) if value}
