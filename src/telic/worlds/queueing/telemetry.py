"""Telemetry as the services would have sent it: spans of sampled requests and gauges, in the store's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from telic.telemetry.columns import ARROW, Columns
from telic.worlds.queueing.layout import (
    BREAKER,
    CLIENT,
    FAILED,
    FAILED_TRIED,
    GONE,
    LATE,
    OK,
    RAISED,
    REFUSED,
    RESET,
    SERVER,
    STATEMENT,
    TIMED_OUT,
)
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.points import Points
from telic.worlds.queueing.result import Gauges, Result
from telic.worlds.queueing.rows import DELAY, NS, chosen, pa, table, texts

START = 1_800_000_000.0  # wall clock at the start of a run [s since the Unix epoch]
VERSION = "1"
_SERVER_STATUS = {OK: 200, REFUSED: 429, FAILED: 503, FAILED_TRIED: 503, RESET: 500, LATE: 504, GONE: 499}
_SERVER_STATUS[RAISED] = 500
_SERVER_ERROR = {REFUSED: "429", FAILED: "503", FAILED_TRIED: "503", RESET: "500", LATE: "deadline_exceeded"}
_SERVER_ERROR.update({RAISED: "500", GONE: "cancelled"})
_CLIENT_STATUS = {OK: 200, REFUSED: 429, FAILED: 503, FAILED_TRIED: 503, LATE: 504, RAISED: 500}
_CLIENT_ERROR = {REFUSED: "429", FAILED: "503", FAILED_TRIED: "503", RESET: "connection_reset", TIMED_OUT: "timeout"}
_CLIENT_ERROR.update({LATE: "504", BREAKER: "breaker_open", RAISED: "500", GONE: "cancelled"})


_OUTCOMES = range(GONE + 1)
_OF_SERVER = np.array([_SERVER_STATUS.get(each, 500) for each in _OUTCOMES], np.int32)
_OF_CLIENT = np.array([_CLIENT_STATUS.get(each, 0) for each in _OUTCOMES], np.int32)
_FAILS = np.array([each in _CLIENT_ERROR for each in _OUTCOMES])
_ERRORS = texts([words.get(each, "") for words in (_SERVER_ERROR, _CLIENT_ERROR) for each in _OUTCOMES])


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
    words = Words(result.plan, result.seed, start)
    return {
        "spans": words.spans(result.spans[np.argsort(result.spans["end"], kind="stable")]),
        "metrics": words.metrics(result.gauges, result.of_node, result.of_edge, 0),
    }


class Words:
    """What a plan's numbers are called in telemetry.

    Parameters
    ----------
    plan
        Whose runs are told of.
    seed
        Of the run: ids differ from run to run.
    start
        Wall clock at the start of the run [s since the Unix epoch].
    """

    def __init__(self, plan: Plan, seed: int, start: float = START) -> None:
        self._plan, self._seed, self._epoch = plan, (seed & 0x7FFFFFFF) << 32, round(start * NS)
        self._owners = _owners(plan)
        self._services = texts(plan.services)
        self._instances = texts([f"{each}-1" for each in plan.services])
        self._names = texts([*(name for _, name in plan.names), *plan.statements])
        self._peers = texts([*plan.services, "", "postgres"])
        self._statements = texts([*plan.statements, ""])
        self._points = Points(plan)

    def ns(self, seconds: Any) -> Any:
        """Return times of the run [s] on the wall clock [ns since the Unix epoch], each by itself alone."""
        whole = np.floor(seconds)
        return self._epoch + whole.astype(np.int64) * NS + np.round((seconds - whole) * 1e9).astype(np.int64)

    def took(self, spans: Any) -> Any:
        """Return how long each span took [ns]."""
        return np.round((spans["end"] - spans["start"]) * 1e9).astype(np.int64)

    def status(self, spans: Any) -> tuple[Any, Any]:
        """Return the HTTP status of each span, 0 where there is none, and whether the span's status is error."""
        served, outcome = spans["kind"] == SERVER, spans["outcome"]
        status = np.where(served, _OF_SERVER[outcome], np.where(spans["kind"] == CLIENT, _OF_CLIENT[outcome], 0))
        failed = np.where(served, (status >= 500) | (status == 429), _FAILS[outcome])
        return status.astype(np.int32), failed

    def spans(self, spans: Any) -> Columns:
        """Return rows of the table ``spans``, in the order given."""
        plan, kind, what, outcome = self._plan, spans["kind"], spans["what"], spans["outcome"]
        served, called, stated = kind == SERVER, kind == CLIENT, kind == STATEMENT
        caller = plan.edges["caller"][np.where(called, what, 0)] if len(plan.edges) else np.zeros(len(spans), np.int32)
        callee = plan.edges["callee"][np.where(called, what, 0)] if len(plan.edges) else caller
        service = np.where(called, caller, plan.operations["node"][np.where(served, what, 0)])
        service = np.where(stated, self._owners[np.where(stated, what, 0)], service)
        operation = np.where(called, spans["op"], np.where(served, what, 0))
        services = len(plan.services)
        status, failed = self.status(spans)
        begun, took = self.ns(spans["start"]), self.took(spans)
        none = np.zeros(len(spans), np.int64)
        columns = {
            "trace_id": self._hex(spans["trace"], 32, "0" * 32),
            "span_id": self._hex(spans["serial"], 16, "0" * 16),
            "parent_span_id": self._hex(spans["parent"], 16, ""),
            "service": self._services.take(pa.array(service)),
            "instance": self._instances.take(pa.array(service)),
            "version": chosen(none, [VERSION]),
            "name": self._names.take(pa.array(np.where(stated, len(plan.names) + what, operation))),
            "kind": chosen(served.astype(np.int64), ["client", "server"]),
            "start_ns": begun,
            "duration_ns": took,
            "status": chosen(failed.astype(np.int64), ["unset", "error"]),
            "status_message": chosen(none, [""]),
            "peer": self._peers.take(pa.array(np.where(called, callee, np.where(stated, services + 1, services)))),
            "http_status": pa.array(status, mask=status == 0),
            "error_type": _ERRORS.take(pa.array(np.where(served, outcome, GONE + 1 + outcome))),
            "statement": self._statements.take(pa.array(np.where(stated, what, len(plan.statements)))),
            "attributes": _attributes(stated, spans["attempt"]),
            "received_ns": begun + took + round(DELAY * 1e9),
        }
        return table("spans", columns)

    def metrics(self, gauges: Gauges, of_node: Any, of_edge: Any, first: int) -> Columns:
        """Return gauges at the end of each second and what was counted in it, second by second.

        Parameters
        ----------
        gauges, of_node, of_edge
            Of some seconds, as a `Result` has them.
        first
            Number of the first of them.
        """
        if not len(of_node):
            return ARROW["metrics"].empty_table()
        return self._points.table(gauges, of_node, of_edge, self._epoch + first * NS)

    def _hex(self, numbers: Any, width: int, zero: str) -> Any:
        """Return ids that differ from run to run: the seed in the upper half; `zero` stands for 0."""
        seed = self._seed
        return texts([f"{seed | each:0{width}x}" if each else zero for each in numbers.tolist()])


def _owners(plan: Plan) -> Any:
    """Return the service of each step."""
    owners = np.zeros(max(1, len(plan.steps)), np.int64)
    for each in plan.operations:
        owners[each["first"] : each["end"]] = each["node"]
    return owners


def _attributes(stated: Any, attempt: Any) -> Any:
    again = ["{}", *(f'{{"http.request.resend_count":{each}}}' for each in range(1, int(attempt.max(initial=0)) + 1))]
    texts = [*again, '{"db.system.name":"postgresql"}']
    return chosen(np.where(stated, len(texts) - 1, attempt), texts)
