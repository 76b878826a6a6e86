"""Who took part in answers of the kind that is wrong: of one that fails no request, nothing more can be followed."""

from __future__ import annotations

from telic.model import Incident
from telic.operate.diagnosis.asking import Asking
from telic.operate.diagnosis.blame import Blame

TRACES = 30  # that are looked at [1]
TOOK_PART = """
WITH asked AS (
    SELECT trace_id, name FROM spans
    WHERE service = ? AND kind = 'server' AND start_ns >= ? AND start_ns < ?
      AND list_contains(string_split(?, ','), name)
      AND status <> 'error'
    ORDER BY hash(trace_id) LIMIT ?)
SELECT asked.trace_id, any_value(asked.name) AS name, string_agg(DISTINCT spans.service, ',') AS services
FROM asked JOIN spans ON spans.trace_id = asked.trace_id AND spans.kind = 'server'
WHERE spans.start_ns >= ? GROUP BY asked.trace_id"""


def took_part(asking: Asking, entry: str, incident: Incident) -> list[Blame]:
    """Return one blame a request of the operations whose answers are wrong: it blames all who took part alike."""
    names = sorted({each.operation for each in incident.symptoms if each.signal == "answers"})
    if not names:
        return []
    start, end = asking.bounds
    params = (entry, start, end, ",".join(names), TRACES, start)
    said = "who took part in requests whose answers are wrong"
    rows = asking.ask("traces", said, lambda store, window: store.query(TOOK_PART, params))
    return [
        Blame("trace", "", "answered", str(row["name"]), among=frozenset(str(row["services"]).split(",")))
        for row in rows
    ]
