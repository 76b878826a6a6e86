"""``telic diagnose``: the cause of an incident, from a folder or from sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.asked import Asked, Baseline, Kept, Length, incident
from telic.cli.output import Json, console, show
from telic.errors import TelicError, UsageError

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
    typer.Option(
        help="Find failing and printing lines in this folder or git repository; default: the incident's code/."
    ),
]
_FACES = (".html", ".json", ".md")  # of a report
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
    window: Length = "",
    baseline: Baseline = "",
    report: Report = None,
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Name the cause of an incident, recorded or asked of sources, with evidence; needs no model.

    Without a folder or a source, what `telic serve` or the running system keeps is asked.
    """
    from telic.operate.diagnosis.causes import answer, diagnose_recording, look
    from telic.worlds.recorded import read

    if report is not None and report.suffix not in _FACES:
        raise UsageError(
            f"--report {report}: a report is a file that ends in {', '.join(_FACES)}",
            hint=f"name the page: {report.stem or 'cause'}.html; JSON and Markdown are written beside it",
        )
    with incident(folder, source, at, window, baseline, beside=report, quiet=as_json) as about:
        whole = read(about.folder)
        moment = None if about.fresh else time_of(at)
        recording = look(whole, at=moment, symptom=reported(symptom, whole) if symptom else None).recording
        found = diagnose_recording(recording)
        found = replace(found, missing=(*found.missing, *about.missing))
        lines = _lines(recording, found, code)
        if as_json:
            show({**answer(recording.name, found), "code": lines}, as_json=True)
        else:
            _print(recording, found, lines)
        if report is not None:
            given = reported(symptom, recording) if symptom else None
            _write(report, recording, found, lines, given, quiet=as_json)


def _lines(recording: Recording, found: Diagnosis, given: Path | None) -> tuple[CodeLine, ...]:
    """The lines at which the blamed service fails, and who wrote them; the lines that print what it logs."""
    from telic.operate.diagnosis.written import code_lines

    try:
        return code_lines(recording, found, given)
    except TelicError:
        if given is not None:
            raise
        return ()  # a snapshot that git cannot read


def _write(
    path: Path,
    recording: Recording,
    found: Diagnosis,
    lines: tuple[CodeLine, ...],
    given: Reported | None,
    *,
    quiet: bool,
) -> None:
    from telic.operate.diagnosis.account import account
    from telic.operate.diagnosis.account.again import signed
    from telic.report import diagnosis

    written = diagnosis.write(path.with_suffix(".html"), signed(account(recording, found, lines), given))
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
        No such service in the recording, or no such metric of it.
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
    signal = text.removeprefix(entity).removeprefix(":")
    known = _metrics(recording, entity) if signal else frozenset()
    if signal and signal not in known:
        hint = near_names(signal, known) if known else f"no metric of it was recorded; write --symptom {entity}"
        raise UnknownName(f"no metric {signal!r} of {entity} in {recording.name}", hint=hint)
    return Reported(entity, signal)


def _metrics(recording: Recording, entity: str) -> frozenset[str]:
    """Return the metrics of a service: as recorded, as counters are read, and the one that was reported."""
    from telic.operate.diagnosis.causes import look

    own = [each for each in look(recording).series if each.entity == entity]
    said = (recording.symptom.signal,) if recording.symptom.entity == entity else ()
    return frozenset(name for name in (*said, *(name for each in own for name in (each.name, *each.counters))) if name)


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
