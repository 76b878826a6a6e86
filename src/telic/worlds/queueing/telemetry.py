"""Telemetry as the services would have sent it: spans of sampled requests and gauges, in the store's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow

from telic.telemetry.columns import ARROW, Columns
from telic.worlds.queueing.layout import (
    BREAKER,
    CLIENT,
    E_RETRIES,
    FAILED,
    FAILED_TRIED,
    GONE,
    LATE,
    N_BUSY,
    N_DROPPED,
    N_REFUSED,
    OK,
    REFUSED,
    RESET,
    SERVER,
    STATEMENT,
    TIMED_OUT,
)
from telic.worlds.queueing.result import Result

START = 1_800_000_000.0  # wall clock at the start of a run [s since the Unix epoch]
DELAY = 0.7  # from the end of a span to its arrival in the store [s]
VERSION = "1"
_SERVER_STATUS = {OK: 200, REFUSED: 429, FAILED: 503, FAILED_TRIED: 503, RESET: 500, LATE: 504, GONE: 499}
_SERVER_ERROR = {REFUSED: "429", FAILED: "503", FAILED_TRIED: "503", RESET: "500", LATE: "deadline_exceeded"}
_SERVER_ERROR[GONE] = "cancelled"
_CLIENT_STATUS = {OK: 200, REFUSED: 429, FAILED: 503, FAILED_TRIED: 503, LATE: 504}
_CLIENT_ERROR = {REFUSED: "429", FAILED: "503", FAILED_TRIED: "503", RESET: "connection_reset", TIMED_OUT: "timeout"}
_CLIENT_ERROR.update({LATE: "504", BREAKER: "breaker_open", GONE: "cancelled"})
pa: Any = pyarrow


def telemetry(result: Result, *, start: float = START) -> Mapping[str, Columns]:
    """Return tables ``spans`` and ``metrics`` with the columns of the store.

    Parameters
    ----------
    result
        Of a run; spans are there if it sampled requests.
    start
        Wall clock at the start of the run [s since the Unix epoch].

    Examples
    --------
    ``Database.append(telemetry(result))`` puts them where operators' queries look.
    """
    return {"spans": _spans(result, round(start * 1e9)), "metrics": _metrics(result, round(start * 1e9))}


def _spans(result: Result, epoch: int) -> Columns:
    plan, spans = result.plan, result.spans[np.argsort(result.spans["end"], kind="stable")]
    kind, what, outcome = spans["kind"], spans["what"], spans["outcome"]
    served, called, stated = kind == SERVER, kind == CLIENT, kind == STATEMENT
    caller = plan.edges["caller"][np.where(called, what, 0)] if len(plan.edges) else np.zeros(len(spans), np.int32)
    callee = plan.edges["callee"][np.where(called, what, 0)] if len(plan.edges) else caller
    service = np.where(called, caller, plan.operations["node"][np.where(served, what, 0)])
    owners = _owners(result)
    service = np.where(stated, owners[np.where(stated, what, 0)], service)
    operation = np.where(called, spans["op"], np.where(served, what, 0))
    statements = [*plan.statements, ""]
    statement = np.where(stated, what, len(plan.statements))
    names = [*(name for _, name in plan.names), *plan.statements]
    name = np.where(stated, len(plan.names) + what, operation)
    peers = [*plan.services, "", "postgres"]
    peer = np.where(called, callee, np.where(stated, len(plan.services) + 1, len(plan.services)))
    status = _status(served, called, outcome)
    error = np.where(served, _by_outcome(_SERVER_ERROR, outcome), _by_outcome(_CLIENT_ERROR, outcome))
    failed = np.where(served, (status >= 500) | (status == 429), error != "")
    begun = epoch + np.round(spans["start"] * 1e9).astype(np.int64)
    took = np.round((spans["end"] - spans["start"]) * 1e9).astype(np.int64)
    columns = {
        "trace_id": _hex(spans["trace"], 32, result.seed),
        "span_id": _hex(spans["serial"], 16, result.seed),
        "parent_span_id": pa.array([f"{each:016x}" if each else "" for each in _ids(spans["parent"], result.seed)]),
        "service": _chosen(service, plan.services),
        "instance": _chosen(service, [f"{each}-1" for each in plan.services]),
        "version": _chosen(np.zeros(len(spans), np.int64), [VERSION]),
        "name": _chosen(name, names),
        "kind": _chosen(served.astype(np.int64), ["client", "server"]),
        "start_ns": begun,
        "duration_ns": took,
        "status": _chosen(failed.astype(np.int64), ["unset", "error"]),
        "status_message": _chosen(np.zeros(len(spans), np.int64), [""]),
        "peer": _chosen(peer, peers),
        "http_status": pa.array(status, mask=status == 0),
        "error_type": pa.array(error.astype(str)),
        "statement": _chosen(statement, statements),
        "attributes": _attributes(stated, spans["attempt"]),
        "received_ns": begun + took + round(DELAY * 1e9),
    }
    return _table("spans", columns)


def _owners(result: Result) -> Any:
    """Return the service of each step."""
    owners = np.zeros(max(1, len(result.plan.steps)), np.int64)
    for each in result.plan.operations:
        owners[each["first"] : each["end"]] = each["node"]
    return owners


def _status(served: Any, called: Any, outcome: Any) -> Any:
    of_server = np.array([_SERVER_STATUS.get(each, 500) for each in range(GONE + 1)], np.int32)[outcome]
    of_client = np.array([_CLIENT_STATUS.get(each, 0) for each in range(GONE + 1)], np.int32)[outcome]
    return np.where(served, of_server, np.where(called, of_client, 0)).astype(np.int32)


def _by_outcome(words: Mapping[int, str], outcome: Any) -> Any:
    return np.array([words.get(each, "") for each in range(GONE + 1)], object)[outcome]


def _attributes(stated: Any, attempt: Any) -> Any:
    again = ["{}", *(f'{{"http.request.resend_count":{each}}}' for each in range(1, int(attempt.max(initial=0)) + 1))]
    texts = [*again, '{"db.system.name":"postgresql"}']
    return _chosen(np.where(stated, len(texts) - 1, attempt), texts)


def _metrics(result: Result, epoch: int) -> Columns:
    """Return gauges at the end of each second and what was counted in it."""
    gauges, counts = result.gauges, result.of_node
    if not len(counts):
        return ARROW["metrics"].empty_table()
    values = (
        ("telic.admission.active", "gauge", "1", gauges.active),
        ("telic.admission.limit", "gauge", "1", gauges.limit),
        ("telic.admission.queued", "gauge", "1", gauges.queued),
        ("telic.admission.age", "gauge", "s", gauges.age),
        ("telic.admission.busy", "sum", "s", counts[:, :, N_BUSY]),
        ("telic.admission.refused", "sum", "1", counts[:, :, N_REFUSED] + counts[:, :, N_DROPPED]),
    )
    parts = [_points(result, epoch, *each, result.plan.services, "") for each in values]
    parts.append(_retries(result, epoch))
    return pa.concat_tables(parts)


def _points(
    result: Result,
    epoch: int,
    name: str,
    kind: str,
    unit: str,
    values: Any,
    services: Sequence[str],
    attributes: Sequence[str] | str,
) -> Columns:
    seconds, width = values.shape
    ends = epoch + np.repeat(np.arange(1, seconds + 1, dtype=np.int64) * 10**9, width)
    place = np.tile(np.arange(width), seconds)
    empty = np.zeros(len(place), np.int64)
    temporality = '{"temporality":"delta"}' if kind == "sum" else "{}"
    texts = [attributes or temporality] if isinstance(attributes, str) else list(attributes)
    columns = {
        "time_ns": ends,
        "start_ns": ends - 10**9,
        "service": _chosen(place, services),
        "instance": _chosen(place, [f"{each}-1" for each in services]),
        "name": _chosen(empty, [name]),
        "kind": _chosen(empty, [kind]),
        "unit": _chosen(empty, [unit]),
        "value": values.reshape(-1).astype(float),
        "count": pa.nulls(len(place), pa.int64()),
        "sum": pa.nulls(len(place), pa.float64()),
        "bounds": _chosen(empty, [""]),
        "buckets": _chosen(empty, [""]),
        "attributes": _chosen(place if len(texts) > 1 else empty, texts),
        "received_ns": ends + round(DELAY * 1e9),
    }
    return _table("metrics", columns)


def _retries(result: Result, epoch: int) -> Columns:
    plan = result.plan
    callers = [plan.services[each["caller"]] for each in plan.edges] or ["none"]
    peers = [plan.services[each["callee"]] for each in plan.edges] or ["none"]
    texts = [f'{{"peer.service":"{each}","temporality":"delta"}}' for each in peers]
    values = result.of_edge[:, : len(callers), E_RETRIES]
    made = _points(result, epoch, "telic.retry.count", "sum", "1", values, callers, texts)
    return made.filter(pa.array(values.reshape(-1) > 0))


def _table(name: str, columns: Mapping[str, Any]) -> Columns:
    schema = ARROW[name]
    return pa.Table.from_arrays([_typed(columns[each.name], each.type) for each in schema], schema=schema)


def _typed(values: Any, kind: Any) -> Any:
    found = pa.array(values) if isinstance(values, np.ndarray) else values
    return found if found.type == kind else found.cast(kind)


def _chosen(numbers: Any, texts: Sequence[str]) -> Any:
    return pa.array(texts, pa.string()).take(pa.array(numbers))


def _ids(numbers: Any, seed: int) -> list[int]:
    """Return ids that differ from run to run: the seed in the upper half; 0 stays 0."""
    return [(seed & 0x7FFFFFFF) << 32 | int(each) if each else 0 for each in numbers]


def _hex(numbers: Any, width: int, seed: int) -> Any:
    return pa.array([f"{each:0{width}x}" for each in _ids(numbers, seed)], pa.string())
