"""``telic context``: what happened, where, in which order, connected how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.asked import Asked, Baseline, Kept, Length, incident
from telic.cli.diagnose import At, Symptom, reported, time_of
from telic.cli.output import Json, console, show

if TYPE_CHECKING:
    from telic.context.changes.recent import Recent
    from telic.context.graph import EventGraph
    from telic.context.logs.sources import SourceIndex
    from telic.context.seen import Seen

Drawing = Annotated[Path | None, typer.Option("--svg", help="Draw the graph into this file.", metavar="FILE")]
Most = Annotated[int, typer.Option(help="Events that are kept, the ones that matter most.", min=1, max=1000)]
Code = Annotated[
    Path | None,
    typer.Option(help="Where the services' code is; default: the incident's code/.", metavar="FOLDER"),
]
Compare = Annotated[bool, typer.Option("--compare", help="Say what is new, stronger or gone since all was well.")]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(
        epilog="`telic context incidents/checkout-slow --compare`  ·  "
        "`telic context incidents/checkout-slow --at 2026-06-18T15:06:00Z --svg graph.svg`  ·  "
        "`telic context --source telic=telemetry --at 2026-06-18T15:06:00Z --window 15m`"
    )(context)


def context(
    folder: Kept = None,
    source: Asked = "",
    at: At = "",
    window: Length = "",
    baseline: Baseline = "",
    symptom: Symptom = "",
    svg: Drawing = None,
    most: Most = 40,
    code: Code = None,
    compare: Compare = False,
    as_json: Json = False,
) -> None:
    """Print and draw the events around a symptom, in order, over metrics, logs, traces, alerts and changes.

    Below them stands what was changed before. Without a folder or a source, what `telic serve` or the running system
    keeps is asked.
    """
    from telic.context.graph import event_graph, picture, relevant

    with incident(folder, source, at, window, baseline, quiet=as_json) as about:
        seen = _seen(about.folder, None if about.fresh else time_of(at), symptom)
        whole = event_graph(seen, _sources(seen, code))
        graph = relevant(whole, seen.symptom.entity, most=most)
        if svg is not None:
            svg.write_text(picture(graph, seen.recording.name), encoding="utf-8")
        if as_json:
            show(_plain(seen, whole, graph, compare=compare), as_json=True)
            return
        console.print(f"{seen.recording.name}: {len(graph)} of {len(whole)} events", style="bold", highlight=False)
        for line, style in _told(seen, whole, graph, most if compare else 0):
            console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)
        if svg is not None:
            console.print(f"drawn: {svg}", highlight=False)


def _seen(folder: Path, at: float | None, symptom: str) -> Seen:
    from telic.operate.diagnosis.causes import look
    from telic.worlds.recorded import read

    recording = read(folder)
    return look(recording, at=at, symptom=reported(symptom, recording) if symptom else None)


def _sources(seen: Seen, given: Path | None) -> SourceIndex | None:
    from telic.context.logs.sources import SourceIndex
    from telic.operate.diagnosis.written import code_folder

    folder = code_folder(seen.recording, given)
    return SourceIndex(folder) if folder else None


def _told(seen: Seen, whole: EventGraph, graph: EventGraph, compared: int) -> Iterator[tuple[str, str | None]]:
    """Yield lines and how they are shown; `compared` are told of each sort that is not as it was [1]."""
    from telic.context.graph import changed_before, changes_in_words, differences, mentions, reported_at, words
    from telic.context.traces.comparison import described

    told = [*words(graph), *changes_in_words(changed_before(seen, whole), reported_at(seen))]
    told += described(seen.compared) if seen.compared else ()
    told += differences(seen, whole, compared) if compared else ()
    yield from ((line, None) for line in told)
    recording = seen.recording
    for line in mentions(graph, [*recording.files("docs"), *recording.files("code")], recording.file):
        yield line, "dim"


def _plain(seen: Seen, whole: EventGraph, graph: EventGraph, *, compare: bool) -> dict[str, object]:
    from telic.context.graph import changed_before, compare_earlier

    changed = [_change(each) for each in changed_before(seen, whole)]
    found = {"incident": seen.recording.name, "nodes": graph.nodes, "edges": graph.edges, "changed": changed}
    return found | ({"compared": compare_earlier(seen, whole)} if compare else {})


def _change(each: Recent) -> dict[str, object]:
    change = each.candidate.change
    place = {"kind": change.kind, "entity": each.arrival.entity, "time": each.arrival.time}
    return {"id": change.id, **place, "summary": change.summary, "weight": each.weight, "why": each.why}
