"""``telic diagnose``: the cause of an incident, from a folder or from sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.asked import Asked, Kept, incident
from telic.cli.output import Json, console, show
from telic.cli.record import Baseline, Length
from telic.errors import TelicError

if TYPE_CHECKING:
    from telic.model import Diagnosis, Hypothesis
    from telic.model.account import CodeLine
    from telic.model.signals import Reported
    from telic.worlds.recorded import Recording

At = Annotated[str, typer.Option(help="Look at what was known then (2026-06-18T15:06:00Z).", metavar="TIME")]
Symptom = Annotated[str, typer.Option(help="What is wrong, instead of what was recorded.", metavar="SERVICE[:METRIC]")]
Report = Annotated[
    Path | None, typer.Option(help="Write a report: the page here, JSON and Markdown beside it.", metavar="FILE.html")
]
Code = Annotated[
    Path | None,
    typer.Option(help="Blame failing lines in this git repository; default: the incident's code/, if it is one."),
]
_SHOWN = 3  # hypotheses that people see in full [1]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(
        epilog="`telic diagnose incidents/checkout-slow`  ·  "
        "`telic diagnose incidents/checkout-slow --symptom cart:latency.p99 --json`  ·  "
        "`telic diagnose --source prometheus=http://127.0.0.1:9090,jaeger=http://127.0.0.1:16686 --window 30m`"
    )(diagnose)


def diagnose(
    folder: Kept = None,
    source: Asked = "",
    symptom: Symptom = "",
    at: At = "",
    window: Length = "30m",
    baseline: Baseline = "30m",
    report: Report = None,
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Name the cause of an incident, recorded or asked of sources, with evidence; needs no model.

    Without a folder or a source, what `telic serve` or the running system keeps is asked.
    """
    from telic.operate.diagnosis.causes import answer, diagnose_recording
    from telic.worlds.recorded import read

    with incident(folder, source, at, window, baseline, beside=report, quiet=as_json) as about:
        recording = read(about.folder)
        moment = None if about.fresh else time_of(at)
        found = diagnose_recording(recording, at=moment, symptom=reported(symptom, recording) if symptom else None)
        found = replace(found, missing=(*found.missing, *about.missing))
        lines = _lines(recording, found, code)
        if as_json:
            show({**answer(recording.name, found), "code": lines}, as_json=True)
        else:
            _print(recording, found, lines)
        if report is not None:
            _write(report, recording, found, lines, quiet=as_json)


def _lines(recording: Recording, found: Diagnosis, given: Path | None) -> tuple[CodeLine, ...]:
    """Who wrote the lines at which the blamed service fails, where there is a history to ask."""
    from telic.operate.diagnosis.written import code_folder, written_lines

    folder = code_folder(recording, given)
    try:
        return written_lines(recording, found, folder) if folder else ()
    except TelicError:
        if given is not None:
            raise
        return ()  # a snapshot that git cannot read


def _write(path: Path, recording: Recording, found: Diagnosis, lines: tuple[CodeLine, ...], *, quiet: bool) -> None:
    from telic.operate.diagnosis.account import account
    from telic.report import diagnosis

    written = diagnosis.write(path.with_suffix(".html"), account(recording, found, lines))
    if not quiet:
        console.print(f"report: {written[0]}", highlight=False)


def time_of(text: str) -> float | None:
    """Return the time [s since the Unix epoch] that an option gives, if it does."""
    from telic.worlds.recorded.times import seconds

    return seconds(text, "--at") if text else None


def reported(text: str, recording: Recording) -> Reported:
    """Read ``SERVICE[:METRIC]``; services may have colons of their own.

    Raises
    ------
    UnknownName
        No such service in the recording.
    """
    from telic.errors import UnknownName
    from telic.model.signals import Reported
    from telic.registry import near_names

    names = {each.name for each in recording.topology().entities}
    entity = max((each for each in names if text == each or text.startswith(f"{each}:")), key=len, default="")
    if not names:
        service, _, signal = text.rpartition(":") if ":" in text.replace("::", "") else (text, "", "")
        return Reported(service, signal)
    if not entity:
        raise UnknownName(f"no service {text!r} in {recording.name}", hint=near_names(text, sorted(names)))
    return Reported(entity, text.removeprefix(entity).removeprefix(":"))


def _print(recording: Recording, found: Diagnosis, lines: tuple[CodeLine, ...]) -> None:
    from telic.operate.diagnosis.written import described

    console.print(f"[bold]{recording.name}[/]  {found.seconds:.2f} s", highlight=False)
    if found.abstained:
        console.print("No cause: either nothing is wrong, or too little of it was recorded.", highlight=False)
    for each in found.hypotheses[:_SHOWN]:
        _print_hypothesis(each)
    others = ", ".join(f"{each.entity} {each.confidence:.0%}" for each in found.hypotheses[_SHOWN:])
    if others:
        console.print(f"then {others}", style="dim", highlight=False, markup=False)
    for line in described(lines):
        console.print(f"code: {line}", highlight=False, markup=False)
    for title, told in (("missing", found.missing), ("next", found.next)):
        for line in told:
            console.print(f"{title}: {line}", style="dim", highlight=False, markup=False)


def _print_hypothesis(each: Hypothesis) -> None:
    from telic.worlds.recorded.times import text

    console.print(f"\n[bold]{each.rank}. {each.entity}[/]  {each.mechanism}  {each.confidence:.0%}", highlight=False)
    facts = {
        "instance": each.instance,
        "signal": each.signal,
        "since": text(each.onset) if each.onset else "",
        "change": each.change,
        "path": " → ".join(each.path) if len(each.path) > 1 else "",
        "evidence": " ".join(each.evidence),
    }
    for name, value in facts.items():
        if value:
            console.print(f"   {name:<9} {value}", highlight=False, markup=False)
    for line in each.why.split("; "):
        console.print(f"   · {line}", highlight=False, markup=False)
