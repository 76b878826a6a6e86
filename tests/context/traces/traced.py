"""Writes traces of three services: web asks cart, cart asks store; cart logs what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.worlds.recorded.folders import START, Row

LINES = (("INFO", "c.CartService#10 asked"), ("INFO", "c.CartService#20 priced"), ("INFO", "c.CartService#30 done"))


def trace(
    number: int,
    time: float,
    *,
    cart: float = 0.010,
    network: float = 0.002,
    store: float = 0.005,
    lines: Sequence[tuple[str, str]] = LINES,
) -> tuple[list[Row], list[Row]]:
    """Return spans and log lines of one request; times in seconds."""
    name = f"t{number}"
    inner = cart + store
    at = time + network / 2
    spans: list[Row] = [
        _span(name, "a", "", "web", "GET /", time - 0.001, time + inner + network + 0.001),
        _span(name, "b", "a", "web", "HTTP POST", time, time + inner + network),
        _span(name, "c", "b", "cart", "Cart.price", at, at + inner),
        _span(name, "d", "c", "cart", "SELECT", at + cart / 2, at + cart / 2 + store),
    ]
    step = inner / (len(lines) + 1)
    logs: list[Row] = [
        {
            "time": at + step * (place + 1),
            "entity": "cart",
            "severity": level,
            "body": f"12:00:0{place} {level} {body} trace {name}",
            "trace_id": name,
            "span_id": "c",
        }
        for place, (level, body) in enumerate(lines)
    ]
    return spans, logs


def incident(
    healthy: Iterable[tuple[list[Row], list[Row]]], now: Iterable[tuple[list[Row], list[Row]]]
) -> dict[str, list[Row]]:
    """Return the tables of traces before and after."""
    every = [*healthy, *now]
    return {
        "spans": [row for spans, _ in every for row in spans],
        "logs": [row for _, logs in every for row in logs],
    }


def usual(count: int = 30, first: int = 0) -> list[tuple[list[Row], list[Row]]]:
    """Return healthy traces, one a second in the baseline."""
    return [trace(first + each, START + each) for each in range(count)]


def _span(trace_id: str, span: str, parent: str, entity: str, name: str, start: float, end: float) -> Row:
    return {
        "trace_id": trace_id,
        "span_id": span,
        "parent_span_id": parent or None,
        "entity": entity,
        "instance": f"{entity}-1",
        "name": name,
        "start": start,
        "end": end,
    }
