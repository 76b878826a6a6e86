"""Alerts that fired, from the series that Prometheus keeps of them."""

from __future__ import annotations

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.prometheus.api import Series, ask, instant
from telic.telemetry.sources.prometheus.labels import Labels, quoted, regex
from telic.telemetry.sources.rows import Rows, text_of
from telic.telemetry.sources.visit import Visit

OWN = ("__name__", "alertname", "alertstate")
GAP = 300.0  # a series without samples for longer has ended and begins anew [s]


def rows(visit: Visit, question: Question, labels: Labels) -> Rows:
    """Yield one row for every time that an alert was firing."""
    window = question.window
    found: dict[frozenset[tuple[str, str]], Series] = {}
    for query in [question.query] if question.query else _queries(visit, question, labels):
        for series in instant(visit, f"{query}[{max(1, round(window.seconds + GAP))}s]", window.end):
            found.setdefault(frozenset(series.metric.items()), series)
    for series in found.values():
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


def _queries(visit: Visit, question: Question, labels: Labels) -> list[str]:
    window = question.window
    bounds = [("start", f"{window.start:.3f}"), ("end", f"{window.end:.3f}")]
    present = ask(visit, "labels", bounds, list[str]) if question.entities else ()
    named = f",alertname=~{quoted(regex(question.names))}" if question.names else ""
    chosen = (f",{each}" if each else "" for each in labels.either(question.entities, present))
    return [f'ALERTS{{alertstate="firing"{named}{each}}}' for each in chosen]
