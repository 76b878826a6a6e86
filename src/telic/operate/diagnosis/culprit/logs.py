"""Log messages that are new, more frequent or gone, as signs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telic.model import Window
from telic.model.redaction import HIDDEN, redact
from telic.operate.diagnosis.culprit.signs import LONGEST, Sign, decoded, inside, numbers, quoted, speak

if TYPE_CHECKING:
    from telic.worlds.recorded import Recording

GREW = 3.0  # times as often as before is more than before [1]
SAMPLES = 5  # messages of one template whose attributes are read [1]
TEMPLATES = 5_000  # of one recording that are looked at [1]
SEVERITIES = {"fatal": 1.0, "critical": 1.0, "panic": 1.0, "error": 1.0, "err": 1.0, "warn": 0.7, "warning": 0.7}
_VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{16,}\b|(?<![A-Za-z])\d+(?:\.\d+)*")


@dataclass
class Template:
    """Messages that differ in numbers only."""

    entity: str
    severity: str
    text: str
    before: int = 0
    times: list[float] = field(default_factory=list)  # in the window [s since the Unix epoch]
    bodies: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)


def log_signs(recording: Recording, calm: Window, window: Window, known: tuple[str, ...]) -> list[Sign]:
    """Return the messages of `window` that `calm` did not have, or had far less often; and those that stopped."""
    table = recording.columns("logs", ("time", "entity", "severity", "body", "attributes"), (calm, window))
    times = (table["time"].astype(float) / 1e9).tolist()
    columns = [table[name].tolist() for name in ("entity", "severity", "body", "attributes")]
    found: dict[tuple[str, str, str], Template] = {}
    for time, entity, severity, body, attributes in zip(times, *columns, strict=True):
        text = _VARIABLE.sub("<N>", body[:LONGEST])
        each = found.get((entity, severity, text))
        if each is None:
            if len(found) >= TEMPLATES:
                continue
            each = found.setdefault((entity, severity, text), Template(entity, severity.lower(), text))
        if calm.start <= time < calm.end:
            each.before += 1
        else:
            each.times.append(time)
            if len(each.bodies) < SAMPLES:
                each.bodies.append(body)
                each.attributes.append(attributes)
    return [sign for each in found.values() if (sign := _sign(each, calm, window, known)) is not None]


def _sign(found: Template, calm: Window, window: Window, known: tuple[str, ...]) -> Sign | None:
    expected = found.before * window.seconds / max(calm.seconds, 1.0)
    troubles, about = speak(found.text, known, found.entity)
    cut = "%" if any(len(each) > LONGEST for each in found.bodies) else ""
    same = f"entity = {quoted(found.entity)} AND body LIKE {quoted(_like(found.text) + cut)}"
    query = (
        f"SELECT count(*) AS lines, min(time) AS first, max(time) AS last FROM logs WHERE {same} AND {inside(window)}"
    )
    if not found.times or (found.before >= 3 and len(found.times) < expected / 10):
        if found.before < 3:
            return None
        return Sign("log", found.entity, found.text, calm.end, 0.5, vanished=True, count=found.before, query=query)
    if len(found.times) < GREW * max(expected, 0.3):
        return None
    severity = SEVERITIES.get(found.severity, 0.35 if troubles - {"errors"} else 0.15)
    attributes = [decoded(each) for each in found.attributes]
    sample = (
        " ".join((found.bodies[0], *(str(value) for value in attributes[0].values())))
        if attributes
        else found.bodies[0]
    )
    told: dict[str, list[float]] = {}
    for body, own in zip(found.bodies, attributes, strict=True):
        for name, values in numbers(body, own).items():
            told.setdefault(name, []).extend(values)
    ordered = sorted(found.times)
    return Sign(
        source="log",
        entity=found.entity,
        text=found.text,
        onset=ordered[0] if found.before == 0 else ordered[len(ordered) // 10],
        weight=severity * (0.4 if about else 1.0) * (0.7 if len(ordered) < 3 else 1.0),
        troubles=troubles,
        numbers={name: tuple(dict.fromkeys(values)) for name, values in told.items()},
        about=about,
        count=len(ordered),
        sample=sample[:4_000],
        query=query,
    )


def _like(template: str) -> str:
    """Return what `LIKE` finds these messages by; a query stands in reports, so no secret may stand in it."""
    return redact(template).replace("<N>", "%").replace(HIDDEN, "%")
