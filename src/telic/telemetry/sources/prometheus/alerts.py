"""Alerts that fired, from the series that Prometheus keeps of them."""

from __future__ import annotations

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.prometheus.api import ask, instant
from telic.telemetry.sources.prometheus.labels import Labels, quoted, regex
from telic.telemetry.sources.rows import Rows, text_of
from telic.telemetry.sources.visit import Visit

OWN = ("__name__", "alertname", "alertstate")
GAP = 300.0  # a series without samples for longer has ended and begins anew [s]


def rows(visit: Visit, question: Question, labels: Labels) -> Rows:
    """Yield one row for every time that an alert was firing."""
    window = question.window
    named = f",alertname=~{quoted(regex(question.names))}" if question.names else ""
    queries = [question.query]
    if not question.query:
        bounds = [("start", f"{window.start:.3f}"), ("end", f"{window.end:.3f}")]
        present = ask(visit, "labels", bounds, list[str]) if question.entities else ()
        chosen = labels.selectors(question.entities, present)
        queries = [f'ALERTS{{alertstate="firing"{named}{"," if each else ""}{each}}}' for each in chosen]
    found = [
        series
        for query in queries
        for series in instant(visit, f"{query}[{max(1, round(window.seconds + GAP))}s]", window.end)
    ]
    for series in found:
        said = {name: value for name, value in series.metric.items() if name not in OWN}
        times = sorted(time for time, _ in series.values)
        begins = [time for before, time in zip([float("-inf"), *times], times, strict=False) if time - before > GAP]
        for begin, after in zip(begins, [*begins[1:], float("inf")], strict=True):
            yield {
                "time_ns": round(begin * 1e9),
                "end_ns": round(max(time for time in times if time < after) * 1e9),
                "name": series.metric.get("alertname", ""),
                "entity": labels.entity(series.metric),
                "severity": said.get("severity", ""),
                "text": ", ".join(f"{name}={value}" for name, value in sorted(said.items())),
                "attributes": text_of(said),
            }
