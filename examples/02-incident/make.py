"""Writes the telemetry of a made-up incident as plain files: a shop whose orders service got a smaller pool at 09:41.

python examples/02-incident/make.py shop
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

END = datetime(2026, 11, 21, 10, 0, tzinfo=UTC).timestamp()
START, DEPLOY = END - 3600, END - 19 * 60
CALLS = {"gateway": ["cart", "orders"], "orders": ["payment", "stock"], "cart": [], "payment": [], "stock": []}
USUAL = {"gateway": 0.004, "cart": 0.003, "orders": 0.006, "payment": 0.020, "stock": 0.005}  # of their own work [s]
POOL = """import logging

log = logging.getLogger(__name__)


def refused(waited_ms):
    log.error("no connection from pool within %d ms", waited_ms)
"""  # of the code of orders
chance = random.Random(7)


def rfc3339(time: float) -> str:
    """Return a time as text."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def waits(service: str, time: float) -> float:
    """Return how long a request waits for the pool of `service` [s]."""
    return chance.uniform(0.2, 0.9) if service == "orders" and time > DEPLOY else 0.0


def call(service: str, time: float, trace: str, parent: str, spans: list[dict[str, object]]) -> tuple[float, bool]:
    """Add the spans of one request; return how long it took [s] and whether it failed."""
    own, waited = f"{chance.getrandbits(64) or 1:016x}", waits(service, time)
    failed, took = waited > 0.8, waited + USUAL[service] * chance.lognormvariate(0, 0.25)
    for callee in [] if failed else CALLS[service]:
        its_time, its_failure = call(callee, time + took, trace, own, spans)
        took, failed = took + its_time, failed or its_failure
    span = {"traceId": trace, "spanId": own, "parentSpanId": parent, "name": f"{service}.handle", "kind": 2}
    times = {"startTimeUnixNano": str(int(time * 1e9)), "endTimeUnixNano": str(int((time + took) * 1e9))}
    scope = {"spans": [span | times | {"status": {"code": 2} if failed else {}}]}
    name = {"key": "service.name", "value": {"stringValue": service}}
    spans.append({"resource": {"attributes": [name]}, "scopeSpans": [scope]})
    return took, failed


def main(folder: Path) -> None:
    """Write traces, metrics, logs, alerts and changes of the hour before 10:00, and the code of one service."""
    (folder / "code" / "orders").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "orders" / "pool.py").write_text(POOL)
    exports, logs = [], []
    taken: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for second in range(0, 3600, 4):
        time = START + second + chance.random()
        spans: list[dict[str, object]] = []
        took, failed = call("gateway", time, f"{chance.getrandbits(128) or 1:032x}", "", spans)
        exports.append({"resourceSpans": spans})
        taken.setdefault(("gateway", second // 30), []).append((took, failed))
        logs.append({"time": rfc3339(time), "service": "gateway", "message": f"GET /checkout took {took * 1e3:.0f} ms"})
        if failed:
            line = f"ERROR no connection from pool within {chance.randint(800, 900)} ms"
            logs.append({"time": rfc3339(time + 0.8), "service": "orders", "message": line})
    lines = ["time,service,name,value,unit"]
    for bin_ in range(120):
        time, found = rfc3339(START + 30 * bin_), taken[("gateway", bin_)]
        late = START + 30 * bin_ > DEPLOY
        lines.append(f"{time},gateway,http.server.latency.p90,{sorted(found)[int(0.9 * len(found))][0]:.4f},s")
        lines.append(f"{time},gateway,http.server.errors,{sum(each[1] for each in found)},1")
        for service in CALLS:
            lines.append(f"{time},{service},process.cpu.utilization,{chance.gauss(0.3, 0.03):.4f},1")
        lines.append(f"{time},orders,pool.waiting,{chance.randint(8, 14) if late else chance.randint(0, 1)},1")
    alert = {"time": rfc3339(DEPLOY + 150), "name": "CheckoutSlow", "entity": "gateway", "severity": "page"}
    change = {"time": rfc3339(DEPLOY), "kind": "config", "entity": "orders", "id": "r412", "author": "ann"}
    change |= {"summary": "orders: smaller connection pool", "diff": "pool.size: 20 -> 5"}
    other = {"time": rfc3339(DEPLOY - 900), "kind": "deploy", "entity": "cart", "id": "cart-88", "summary": "cart 88"}
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    for name, found_lines in (
        *(("traces", exports), ("logs", logs), ("changes", [other, change])),
        ("alerts", [alert | {"text": "checkout is slow"}]),
    ):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in found_lines))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shop"))
