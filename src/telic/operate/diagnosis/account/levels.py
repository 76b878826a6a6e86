"""The metrics that show the trouble best, as levels over time for charts."""

from __future__ import annotations

from datetime import UTC, datetime

from telic.errors import TelicError
from telic.model import Diagnosis, Window
from telic.model.account import Level
from telic.operate.diagnosis.culprit.scene import Scene
from telic.operate.diagnosis.culprit.signs import Sign, quoted
from telic.tools.evidence import Notebook
from telic.worlds.recorded import Recording

MOST = 8  # charts [1]
LEAD = 5_400.0  # before the first sign that is drawn [s]
POINTS = 240  # of a chart [1]


def levels_of(recording: Recording, diagnosis: Diagnosis, seen: Scene, notebook: Notebook) -> tuple[Level, ...]:
    """Return what is drawn: the reported signal and the metrics that left their level, the cause's first."""
    first = diagnosis.hypotheses[0].entity if diagnosis.hypotheses else seen.entity
    signs = [each for each in seen.signs if each.source == "metric"]

    def order(sign: Sign) -> tuple[bool, bool, float]:
        return (
            sign.text != recording.symptom.signal,
            sign.entity != first,
            -sign.weight * seen.near.get(sign.entity, 0.2),
        )

    start = min(seen.calm.start, seen.window.start)
    span = Window(max(start, min(seen.onset, seen.reported) - LEAD), seen.window.end)
    found = [_level(each, span, notebook) for each in sorted(signs, key=order)[:MOST]]
    return tuple(each for each in found if each is not None)


def _level(sign: Sign, span: Window, notebook: Notebook) -> Level | None:
    bucket = max(1, round(span.seconds / POINTS))
    query = (
        f"SELECT epoch(time)::BIGINT // {bucket} * {bucket} AS moment, median(value) AS value FROM metrics"
        f" WHERE entity = {quoted(sign.entity)} AND name = {quoted(sign.text)}"
        f" AND time >= {_time(span.start)} AND time < {_time(span.end)} GROUP BY moment ORDER BY moment"
    )
    try:
        rows = notebook.about(sign.says, span).query(query)
    except TelicError:
        return None
    pairs = [(float(str(row["moment"])), float(str(row["value"]))) for row in rows if row["value"] is not None]
    times, values = (tuple(each) for each in zip(*pairs, strict=True)) if pairs else ((), ())
    return Level(sign.entity, sign.text, times, values, sign.before, notebook.last)


def _time(seconds: float) -> str:
    return f"TIMESTAMP '{datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
