"""``telic context``: what happened, where, in which order, connected how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.asked import Asked, Kept, incident
from telic.cli.diagnose import At, Symptom, reported, time_of
from telic.cli.output import Json, console, show
from telic.cli.record import Baseline, Length

if TYPE_CHECKING:
    from telic.context.graph import EventGraph

Drawing = Annotated[Path | None, typer.Option("--svg", help="Draw the graph into this file.", metavar="FILE")]
Most = Annotated[int, typer.Option(help="Events that are kept, the ones that matter most.", min=1, max=1000)]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(
        epilog="`telic context incidents/checkout-slow`  ·  "
        "`telic context incidents/checkout-slow --at 2026-06-18T15:06:00Z --svg graph.svg`  ·  "
        "`telic context --source telic=telemetry --at 2026-06-18T15:06:00Z --window 15m`"
    )(context)


def context(
    folder: Kept = None,
    source: Asked = "",
    at: At = "",
    window: Length = "30m",
    baseline: Baseline = "30m",
    symptom: Symptom = "",
    svg: Drawing = None,
    most: Most = 40,
    as_json: Json = False,
) -> None:
    """Print and draw the events around a symptom, in order, over metrics, logs, traces, alerts and changes.

    Without a folder or a source, what `telic serve` or the running system keeps is asked.
    """
    with incident(folder, source, at, window, baseline, quiet=as_json) as about:
        _look_at(about.folder, None if about.fresh else time_of(at), symptom, svg, most, as_json=as_json)


def _look_at(folder: Path, at: float | None, symptom: str, svg: Path | None, most: int, *, as_json: bool) -> None:
    from telic.context.graph import event_graph, mentions, picture, relevant, words
    from telic.context.traces.comparison import described
    from telic.operate.diagnosis.causes import look
    from telic.worlds.recorded import read

    recording = read(folder)
    seen = look(recording, at=at, symptom=reported(symptom, recording) if symptom else None)
    whole = event_graph(seen)
    graph = relevant(whole, seen.symptom.entity, most=most)
    if svg is not None:
        svg.write_text(picture(graph, recording.name), encoding="utf-8")
    if as_json:
        show(_plain(recording.name, graph), as_json=True)
        return
    console.print(f"{recording.name}: {len(graph)} of {len(whole)} events", style="bold", highlight=False)
    for line in words(graph):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in described(seen.compared) if seen.compared else ():
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in mentions(graph, [*recording.files("docs"), *recording.files("code")], recording.file):
        console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)
    if svg is not None:
        console.print(f"drawn: {svg}", highlight=False)


def _plain(name: str, graph: EventGraph) -> dict[str, object]:
    return {"incident": name, "nodes": graph.nodes, "edges": graph.edges}
