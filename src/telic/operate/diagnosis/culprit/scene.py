"""Everything that the search for the culprit looks at, read once from a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from telic.context.changes import trouble
from telic.context.changes.candidates import Candidate, candidates
from telic.context.changes.recent import nearness
from telic.model import Window
from telic.operate.diagnosis.culprit.logs import log_signs
from telic.operate.diagnosis.culprit.metrics import metric_signs
from telic.operate.diagnosis.culprit.signs import Sign, decoded, numbers, quoted, speak

if TYPE_CHECKING:
    from telic.worlds.recorded import Recording

LEAD = 60.0  # a sign that is put this much before its cause may be its sign: bins, clocks [s]
SPANS_MAX = 20_000  # failed spans that are read [1]
_SAID = ("error", "message", "exception", "status_m")  # in names of attributes that say what went wrong


@dataclass(frozen=True)
class Scene:
    """What happened, where, and what was changed.

    Parameters
    ----------
    entity
        Where the symptom was reported, or is worst.
    reported
        When somebody noticed [s since the Unix epoch].
    calm, window
        Before and during.
    signs
        What is different, oldest first.
    candidates
        What was changed.
    near
        Entities to how close they are to `entity` in the call graph: 1 itself, less for callees, callers, others [1].
    latencies
        Names of calls and entities to what their latency was in calm times [s].
    documents
        Texts recorded beside, by path.
    steady
        Entity and name of the metrics that stayed as they were.
    """

    entity: str
    reported: float
    calm: Window
    window: Window
    entities: tuple[str, ...]
    signs: tuple[Sign, ...]
    candidates: tuple[Candidate, ...]
    near: Mapping[str, float]
    callees: frozenset[str]
    callers: frozenset[str]
    latencies: Mapping[str, tuple[float, float]]
    documents: Mapping[str, str]
    steady: frozenset[tuple[str, str]]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Kinds of trouble to how much the signs speak of them: they sum to 1."""
        total: dict[str, float] = {}
        for sign in self.signs:
            if sign.vanished:
                continue
            share = sign.weight * self.near.get(sign.entity, 0.2)
            for each in sign.troubles:
                own = share * trouble.TROUBLES[each].weight
                total[each] = max(total.get(each, 0.0), own) + 0.15 * min(total.get(each, 0.0), own)
        whole = sum(total.values())
        return {name: value / whole for name, value in total.items()} if whole else {}

    @cached_property
    def onset(self) -> float:
        """When the trouble began: the first sign of weight near the symptom [s since the Unix epoch]."""
        strong = [
            each.onset
            for each in self.signs
            if each.weight * self.near.get(each.entity, 0.2) >= 0.4 and each.troubles and not each.vanished
        ]
        return min(strong, default=self.reported)


def scene(recording: Recording, entity: str = "", onset: float | None = None) -> Scene:
    """Read a recording.

    Parameters
    ----------
    entity
        Where the symptom is; default: as reported, or where alerts fired.
    onset
        When it was noticed [s since the Unix epoch]; default: as reported, or the end of the window.
    """
    window = recording.window
    reported = onset or recording.symptom.onset or min((each.time for each in recording.alerts), default=window.end)
    place = entity or recording.symptom.entity or next((each.entity for each in recording.alerts if each.entity), "")
    calm = recording.baseline or Window(window.start, window.start + max(60.0, (reported - window.start) / 2))
    if calm.end > window.start:
        window = Window(calm.end, window.end)
    topology = recording.topology()
    deployed = [each.entity for each in recording.changes() if each.kind == "deploy" and each.entity]
    entities = tuple(dict.fromkeys((*(each.name for each in topology.entities), *deployed)))
    moved, steady = metric_signs(recording, calm, window, reported + 600.0)
    signs = [
        *moved,
        *log_signs(recording, calm, window, entities),
        *_span_signs(recording, window, entities),
        *_told(recording, window, entities),
    ]
    down, up = topology.reach(place), topology.reach(place, up=True)
    return Scene(
        entity=place,
        reported=reported,
        calm=calm,
        window=window,
        entities=entities,
        signs=tuple(sorted(signs, key=lambda each: each.onset)),
        candidates=candidates(recording.changes(), entities),
        near=nearness(place, entities, down, up),
        callees=frozenset(down),
        callers=frozenset(up),
        latencies=_latencies(recording, calm),
        documents={path: recording.file(path).decode("utf-8", "replace")[:200_000] for path in recording.files("docs")},
        steady=steady,
    )


def _span_signs(recording: Recording, window: Window, known: tuple[str, ...]) -> list[Sign]:
    """Return failed calls, one sign for each place and message."""
    table = recording.columns("spans", ("start", "entity", "name", "status", "attributes"), (window,))
    picked = [i for i, each in enumerate(table["status"].tolist()) if each.upper() == "ERROR"][:SPANS_MAX]
    times = (table["start"][picked].astype(float) / 1e9).tolist()
    found: dict[tuple[str, str], Sign] = {}
    columns = (table[each][picked].tolist() for each in ("entity", "name", "attributes"))
    for time, entity, name, text in zip(times, *columns, strict=True):
        attributes = decoded(text)
        said = "; ".join(str(value) for key, value in attributes.items() if any(part in key for part in _SAID))
        message = f"{name}: {said}" if said else name
        if (entity, message[:200]) in found:
            continue
        troubles, about = speak(message, known, entity)
        found[entity, message[:200]] = Sign(
            source="span",
            entity=entity,
            text=message[:400],
            onset=time,
            weight=0.5,
            troubles=troubles,
            numbers=numbers("", attributes),
            about=about,
            sample=f"{message} {text}"[:4_000],
            query="SELECT count(*) FROM spans"
            f" WHERE entity = {quoted(entity)} AND name = {quoted(name)} AND status = 'ERROR'",
        )
    return list(found.values())


def _told(recording: Recording, window: Window, known: tuple[str, ...]) -> list[Sign]:
    """Return alerts and orchestrator events as signs; an alert tells what is known already and counts less."""
    found = []
    for alert in recording.alerts:
        troubles, _ = speak(alert.text, known, alert.entity)
        query = f"SELECT time, text FROM alerts WHERE name = {quoted(alert.name)}"
        text = f"{alert.name}: {alert.text}"
        found.append(Sign("alert", alert.entity, text, alert.time, 0.5, troubles, query=query))
    for event in recording.events:
        if window.start <= event.time < window.end:
            troubles, about = speak(f"{event.reason} {event.text}", known, event.entity)
            query = f"SELECT time, text FROM events WHERE reason = {quoted(event.reason)}"
            text = f"{event.reason}: {event.text}"
            found.append(Sign("event", event.entity, text, event.time, 0.6, troubles, about=about, query=query))
    return found


def _latencies(recording: Recording, calm: Window) -> dict[str, tuple[float, float]]:
    """Return median and 99th percentile of calls by who answers, from spans and metrics of calm times [s]."""
    table = recording.columns("spans", ("entity", "status", "start", "end"))
    lasted: dict[str, list[float]] = {}
    start, end = (table[each].astype(float) / 1e9 for each in ("start", "end"))
    rows = zip(table["entity"].tolist(), table["status"].tolist(), start.tolist(), (end - start).tolist(), strict=True)
    for entity, status, time, seconds in rows:
        if status != "ERROR" and time < calm.end + 600.0:
            lasted.setdefault(entity, []).append(seconds)
    metrics = recording.columns("metrics", ("entity", "name", "value"), (calm,))
    for entity, name, value in zip(*(metrics[each].tolist() for each in ("entity", "name", "value")), strict=True):
        low = name.lower()
        if np.isfinite(value) and any(part in low for part in ("duration", "latency", "response_time")):
            lasted.setdefault(entity, []).append(value * (1e-3 if "ms" in low.split("_") else 1.0))
    return {name: (float(np.median(found)), float(np.quantile(found, 0.99))) for name, found in lasted.items()}
