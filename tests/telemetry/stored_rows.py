"""Rows of a small shop in the store's own columns, for the sources that keep them."""

from __future__ import annotations

from tests.telemetry.local_store import T0, log, row, span

from telic.telemetry.columns import TableRow


def notification(name: str, at: float, *, began: str = "", service: str = "orders", **said: str) -> TableRow:
    """Return what a webhook of Alertmanager leaves in the log, `at` [s] after T0; `began` makes it a resolved one."""
    attributes = {"alertname": name, "fingerprint": name.lower(), "severity": "page", **said}
    if began:
        attributes["startsAt"] = began
    event = "alert.resolved" if began else "alert.firing"
    return log(service, f"{name}: it is so", at=at, level=13, event_name=event, attributes=attributes)


def rows(start: int) -> dict[str, list[TableRow]]:
    """Return rows of two services by table, of half an hour from `start` [s since the Unix epoch]."""
    shift = start - T0
    ids = [(f"{number:032x}", f"{number:016x}", f"{number + 100:016x}") for number in range(1, 11)]
    spans = [
        span("cart", "pay", kind="client", peer="orders", at=shift + 170 * n, trace_id=trace, span_id=outer)
        for n, (trace, outer, _) in enumerate(ids)
    ]
    spans += [
        span(
            "orders",
            "POST /pay",
            at=shift + 170 * n + 0.002,
            trace_id=trace,
            span_id=inner,
            parent_span_id=outer,
            status="error" if n > 7 else "unset",
            http_status=500 if n > 7 else 200,
            attributes={"http.route": "/pay/'{id}' \\"},
        )
        for n, (trace, outer, inner) in enumerate(ids)
    ]
    logs = [log("orders", f"payment {n} was refused", at=shift + 1400 + n, attributes={"user": n}) for n in range(8)]
    logs += [notification("Slow", shift + 600), notification("Slow", shift + 900, began="2026-11-21T09:40:00Z")]
    logs += [notification("Down", shift + 1500)]
    logs += [
        log("orders", f"orders {n}", at=shift + 1300 + n, event_name="deploy", attributes={"deployment.id": f"{n}"})
        for n in range(2)
    ]
    points = [
        row(
            "metrics",
            time_ns=(start + 60 * n) * 10**9,
            start_ns=(start + 60 * n - 60) * 10**9,
            service=service,
            name="queue.length",
            kind="gauge",
            unit="1",
            value=n + 0.1,
            attributes="{}",
        )
        for n in range(10)
        for service in ("orders", "cart")
    ]
    histogram = {"bounds": "[0.1, 1.0]", "buckets": "[3, 1, 0]", "kind": "histogram", "unit": "s", "attributes": "{}"}
    points.append(
        row("metrics", time_ns=(start + 90) * 10**9, service="cart", name="took", count=4, sum=0.75, **histogram)
    )
    return {"spans": spans, "logs": logs, "metrics": points}
