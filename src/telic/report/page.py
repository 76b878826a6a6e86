"""From a run to what its page shows: charts, rows of tables, the story in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.model import Diagnosis, Truth
from telic.report import words
from telic.report.charts import Blame, Mark, latency_chart, requests_chart, slots_chart, topology_chart
from telic.report.charts.frame import Frame
from telic.report.charts.latency import Point
from telic.report.charts.requests import Count
from telic.report.charts.slots import strips_height
from telic.report.fullness import Fullness
from telic.report.record import Latency, RunRecord
from telic.report.summary import Row

STRIPS = 12  # services whose slots are drawn: the fullest [1]
WIDE, NARROW, SMALL = 1040, 380, 330  # drawings for a screen, for a phone, for one operation [px]


@dataclass(frozen=True)
class Drawn:
    """One chart at two widths; the page shows the one that fits."""

    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class OperationPanel:
    """What users got of one operation."""

    id: str
    name: str
    total: int
    bad: int
    requests: Markup
    latency: Markup


@dataclass(frozen=True)
class Line:
    """One line of the story."""

    time: float
    who: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Cause:
    """What was blamed for one incident, and what was really wrong."""

    row: Row
    diagnosis: Diagnosis | None
    graph: Drawn


def marks(run: RunRecord, found: Sequence[Row]) -> tuple[Mark, ...]:
    """Return what every chart over time marks."""
    marked: list[Mark] = []
    for row in found:
        if row.truth:
            marked.append(Mark(row.truth.injected, "injected", "fault injected"))
        if row.harm is not None:
            until = row.recovered or min(row.until, run.ended)
            marked.append(Mark(harm_felt(row), "harm", "harm began", until=until))
        if row.detected is not None:
            marked.append(Mark(row.detected, "detected", "detected"))
        marked += [Mark(each.applied, "action", f"{each.action.verb} {each.action.target}") for each in row.applied]
        if row.recovered is not None:
            marked.append(Mark(row.recovered, "recovered", "recovered"))
    return tuple(marked)


def harm_felt(row: Row) -> float:
    """Return where to show the beginning of harm: its second may begin before the fault that falls into it."""
    return max(row.harm or 0.0, row.truth.injected if row.truth else 0.0)


def requests_overall(run: RunRecord, marked: tuple[Mark, ...]) -> Drawn:
    """Draw all requests a second."""
    counts = counts_of(run, "")
    wide, narrow = (
        requests_chart(counts, frame, title="Requests a second, all operations", hints=frame.width == WIDE)
        for frame in _frames(run, marked, 190)
    )
    return Drawn(wide, narrow)


def latency_overall(run: RunRecord, marked: tuple[Mark, ...]) -> Drawn:
    """Draw latencies of all requests."""
    points, limit = points_of(run.latencies, ""), bound(run)
    wide, narrow = (
        latency_chart(points, frame, bound=limit, title="Latency, all operations", hints=frame.width == WIDE)
        for frame in _frames(run, marked, 190, names=False)
    )
    return Drawn(wide, narrow)


def slots(run: RunRecord, marked: tuple[Mark, ...], full: Fullness) -> Drawn:
    """Draw how full services were, the fullest first."""
    names = [each.service for each in full.peaks[:STRIPS]]
    wide, narrow = (
        slots_chart(
            run.saturation,
            names,
            Frame(width, strips_height(len(names)), run.started, run.ended, marked),
            title="Taken slots of each service",
            hints=width == WIDE,
        )
        for width in (WIDE, NARROW)
    )
    return Drawn(wide, narrow)


def operations(run: RunRecord, marked: tuple[Mark, ...]) -> list[OperationPanel]:
    """Draw every operation by itself."""
    panels: list[OperationPanel] = []
    frame = Frame(SMALL, 96, run.started, run.ended, marked)
    scale = [Point(each.second, each.p50, each.p99) for each in run.latencies]
    for id_ in sorted({each.operation for each in run.tallies}):
        counts, points = counts_of(run, id_), points_of(run.latencies, id_)
        name = run.operations.get(id_, "")
        panels.append(
            OperationPanel(
                id_,
                name,
                sum(each.good + each.bad for each in counts),
                sum(each.bad for each in counts),
                requests_chart(counts, frame, title=f"Requests a second, {id_} {name}"),
                latency_chart(points, frame, bound=bound(run), title=f"Latency, {id_} {name}", scale=scale),
            )
        )
    return panels


def causes(run: RunRecord, found: Sequence[Row]) -> list[Cause]:
    """Draw and tell what was blamed in each stretch."""
    return [_cause(run, row) for row in found]


def _cause(run: RunRecord, row: Row) -> Cause:
    first, truth = row.blamed, "" if row.cause_right else _place(run, row.truth)
    blame = Blame(first.entity, first.path, truth) if first else Blame(truth=truth)
    wide, narrow = (topology_chart(run.topology, blame, width=width) for width in (640, 370))
    return Cause(row, row.diagnosis, Drawn(wide, narrow))


def _place(run: RunRecord, truth: Truth | None) -> str:
    known = {each.name for each in run.topology.entities} | {each.name for each in run.topology.edges}
    names = (truth.entity, *truth.aliases) if truth else ()
    return next((each for each in names if each in known), "")


def story(run: RunRecord, found: Sequence[Row]) -> list[Line]:
    """Return everything that happened, in order, each thing once."""
    lines = [Line(each.time, each.who, each.text) for each in run.moments]
    for each in run.changes:
        text = f"{each.kind} {each.entity}: {each.summary.removeprefix(f'{each.entity}: ')}"
        lines.append(Line(each.time, each.author or "somebody", text, each.diff))
    for row in found:
        if row.truth and not any(each.who == "lab" for each in run.moments):
            lines.append(Line(row.truth.injected, "lab", f"injected {row.truth.fault}: {words.truth(row)}"))
        if row.harm is not None:
            lines.append(Line(harm_felt(row), "users", "harm began"))
        if row.recovered is not None:
            lines.append(Line(row.recovered, "users", "well again"))
        if not any(each.who == "operator" for each in run.moments):
            lines += _operators(row)
    return sorted(lines, key=lambda each: each.time)


def _operators(row: Row) -> list[Line]:
    if row.incident is None:
        return []
    lines = [
        Line(
            each.detected,
            "operator",
            f"detected {each.signal} against {each.objective}: {each.bad} of {each.total} bad",
        )
        for each in row.incident.symptoms
    ]
    for each in row.incident.diagnoses:
        first = each.hypotheses[0] if each.hypotheses and not each.abstained else None
        text = f"{first.mechanism} in {first.entity}. {first.why}" if first else "cause unknown"
        lines.append(Line(each.time, "operator", text))
    lines += [Line(each.applied, "operator", f"applied {each.action}") for each in row.applied]
    lines += [Line(each.ended, "operator", words.action(each)) for each in row.applied if each.ended]
    return lines


def counts_of(run: RunRecord, operation: str) -> list[Count]:
    """Return requests a second of one operation, or of all where `operation` is empty."""
    totals: dict[int, tuple[int, int]] = {}
    for each in run.tallies:
        if operation in ("", each.operation):
            good, bad = totals.get(each.second, (0, 0))
            totals[each.second] = (good + each.good, bad + each.bad)
    return [Count(second, good, bad) for second, (good, bad) in sorted(totals.items())]


def points_of(found: Sequence[Latency], operation: str) -> list[Point]:
    """Return the percentiles of one operation."""
    chosen = [each for each in found if each.operation == operation]
    return [Point(each.second, each.p50, each.p99) for each in sorted(chosen, key=lambda each: each.second)]


def bound(run: RunRecord) -> float | None:
    """Return the tightest latency that an objective asks for [s]."""
    return min((each.below for each in run.objectives if each.sli == "latency" and each.below), default=None)


def _frames(run: RunRecord, marked: tuple[Mark, ...], height: int, *, names: bool = True) -> tuple[Frame, Frame]:
    wide = Frame(WIDE, height, run.started, run.ended, marked, names)
    return wide, Frame(NARROW, height - 20, run.started, run.ended, marked, names)
