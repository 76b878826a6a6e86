"""Trivial ways to guess a cause: the loudest, the first, the last change, whoever alarmed, always the same, chance."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.diagnosis.cases import Case
from benchmarks.diagnosis.score import Guess
from telic.worlds.recorded import Recording, read

_ERROR = re.compile(r"error|exception|fail", re.IGNORECASE)
_FEW = 3  # points that a z score needs [1]
_FAR = 3.0  # standard deviations that count as an onset [1]

Floats = NDArray[np.float64]
Way = Callable[[Case, Recording], Guess]


def guesses(cases: Sequence[Case], constant: str) -> dict[str, list[Guess]]:
    """Return the guesses of every trivial way, in the order of `cases`; `constant` is what one of them always says."""
    ways: Mapping[str, Way] = {
        "max-z": _max_z,
        "error-count": _error_count,
        "alert-count": _alert_count,
        "earliest-onset": _earliest_onset,
        "last-change": _last_change,
        "alerting-entity": lambda case, recording: Guess(_some(recording.symptom.entity)),
        "constant": lambda case, recording: Guess((constant,)),
        "random": _random,
    }
    recordings = [read(each.folder) for each in cases]
    pairs = list(zip(cases, recordings, strict=True))
    return {name: [way(case, recording) for case, recording in pairs] for name, way in ways.items()}


def _max_z(case: Case, recording: Recording) -> Guess:
    """Entity with the largest robust z score, in the metric that alarmed if one did."""
    best: dict[str, float] = {}
    for entity, name, before, _, values in _split(recording):
        if recording.symptom.signal in ("", name):
            middle = float(np.median(before))
            spread = 1.4826 * float(np.median(np.abs(before - middle))) or float(before.std()) or 1e-9
            best[entity] = max(best.get(entity, 0.0), float(np.abs(values - middle).max()) / spread)
    return Guess(_order(best))


def _earliest_onset(case: Case, recording: Recording) -> Guess:
    first: dict[str, float] = {}
    for entity, _, before, times, values in _split(recording):
        far = np.abs(values - before.mean()) > _FAR * (float(before.std()) or 1e-9)
        if far.any():
            first[entity] = min(first.get(entity, np.inf), float(times[far][0]))
    return Guess(tuple(sorted(first, key=lambda each: first[each])))


def _error_count(case: Case, recording: Recording) -> Guess:
    logs = recording.columns("logs", ("entity", "severity", "body"), [recording.window])
    lines = zip(logs["entity"], logs["severity"], logs["body"], strict=True)
    counts = Counter(
        entity for entity, level, body in lines if level.upper().startswith("ERR") or _ERROR.search(body[:400])
    )
    spans = recording.columns("spans", ("entity", "status"), [recording.window])
    counts.update(entity for entity, status in zip(spans["entity"], spans["status"], strict=True) if "ERR" in status)
    return Guess(tuple(entity for entity, _ in counts.most_common()))


def _alert_count(case: Case, recording: Recording) -> Guess:
    return Guess(tuple(name for name, _ in Counter(each.entity for each in recording.alerts).most_common()))


def _last_change(case: Case, recording: Recording) -> Guess:
    onset = recording.symptom.onset or recording.window.end
    before = [each for each in recording.changes() if each.time <= onset]
    if not before:
        return Guess(())
    return Guess(_some(before[-1].entity) or _some(recording.symptom.entity), change=before[-1].id)


def _random(case: Case, recording: Recording) -> Guess:
    names = sorted(each.name for each in recording.topology().entities if each.kind != "instance")
    random.Random(case.name).shuffle(names)
    return Guess(tuple(names))


def _split(recording: Recording) -> list[tuple[str, str, Floats, Floats, Floats]]:
    found = recording.columns("metrics", ("time", "entity", "name", "attributes", "value"))
    times = found["time"].astype(np.float64) / 1e9
    values = found["value"].astype(np.float64)
    keys = list(zip(found["entity"], found["name"], found["attributes"], strict=True))
    known: dict[tuple[str, str, str], int] = {}
    codes = np.array([known.setdefault(each, len(known)) for each in keys])
    window, baseline = recording.window, recording.baseline
    inside = (times >= window.start) & (times < window.end)
    usual = (times >= baseline.start) & (times < baseline.end) if baseline else ~inside
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(known) + 1))
    rows = []
    for number, (entity, name, _) in enumerate(known):
        chosen = order[bounds[number] : bounds[number + 1]]
        before, now = chosen[usual[chosen]], chosen[inside[chosen]]
        if len(before) >= _FEW and len(now):
            rows.append((entity, name, values[before], times[now], values[now]))
    return rows


def _order(scores: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(scores, key=lambda each: -scores[each]))


def _some(name: str) -> tuple[str, ...]:
    return (name,) if name else ()
