"""What an operator, human or machine, may see: a short list of bounded, typed, redacted answers."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telic.errors import UsageError
from telic.model import Evidence, Observed, Row, Scalar, ServiceState, Window, plain
from telic.model.redaction import redact_value
from telic.registry import near_names
from telic.telemetry import scope
from telic.telemetry.columns import TABLES
from telic.tools.evidence import Notebook

MOST_ROWS = 200  # of one answer [1]
MOST_TEXT = 20_000  # characters of one answer [1]
LATEST = 9e9  # a time, which as nanoseconds has to fit into 64 bits [s since the Unix epoch]
_COLUMNS = "; ".join(f"{table}: {', '.join(name for name, _ in columns)}" for table, columns in TABLES.items())


@dataclass(frozen=True)
class Answer:
    """What a read tool returns."""

    rows: Sequence[Mapping[str, object]]
    evidence: Evidence  # can be asked again where it came from telemetry
    note: str = ""  # says what was left out, and how to ask for it


class Reader:
    """The read tools over one observed system.

    Parameters
    ----------
    world
        What is observed; nothing here writes.
    """

    def __init__(self, world: Observed) -> None:
        self._world = world
        self._notebook = Notebook(world.store(), prefix="R")

    def get_topology(self) -> Answer:
        """Services, stores and who calls whom."""
        found = self._world.topology()
        edges = [{"caller": each.caller, "callee": each.callee, "kind": each.kind} for each in found.edges]
        return self._observed("topology", "topology()", edges)

    def get_services(self) -> Answer:
        """Versions and replicas of every service; phase, restarts and last exit of every instance."""
        rows: list[Row] = []
        for service in self._world.state().services.values():
            known = {
                "service": service.name,
                "version": service.version,
                "previous": service.previous_version,
                "replicas": service.replicas,
            }
            rows += [{**known, **_flat(each)} for each in service.instances] or [known]
        return self._observed("instances and their phases", "state()", rows)

    def get_stores(self) -> Answer:
        """Phase, restarts and last exit of every store, and the grants of the design that it does not hold."""
        rows = [
            {"store": each.name, **_flat(each.instance), "missing_grants": list(each.missing_grants)}
            for each in self._world.state().stores.values()
        ]
        return self._observed("stores and their grants", "state().stores", rows)

    def get_links(self) -> Answer:
        """The network path that each call between services takes: the primary (a), the standby (b), or another."""
        rows = [{"edge": each.edge, "path": each.active} for each in self._world.state().links.values()]
        return self._observed("network paths of edges", "state().links", rows)

    def get_policies(self, service: str) -> Answer:
        """Timeouts, retries, limits and the like that are in force at one service and for its calls."""
        policies = self._service(service).policies
        rows = [{"of": name, **_flat(each)} for name, each in sorted(policies.items())]
        return self._observed(f"policies of {service}", f"state().services[{service}].policies", rows)

    def get_config(self, service: str) -> Answer:
        """The configuration of one service; secrets are hidden."""
        config = sorted(self._service(service).config.items())
        rows = [{"key": key, "value": redact_value(value, key)} for key, value in config]
        return self._observed(f"configuration of {service}", f"state().services[{service}].config", rows)

    def get_secrets(self) -> Answer:
        """The files with credentials: when each was written, which services are given it; never what is in it."""
        state = self._world.state()
        given: dict[str, list[str]] = {}
        for service in state.services.values():
            for key, value in service.config.items():
                given.setdefault(str(value), []).append(f"{service.name}: {key}")
        rows = [
            {"file": file, "written": at, "given": given.get(file, [])} for file, at in sorted(state.secrets.items())
        ]
        return self._observed("files with credentials", "state().secrets", rows)

    def get_certificates(self) -> Answer:
        """Who presents a certificate by TLS, until when it is valid, and how many days are left."""
        state = self._world.state()
        rows = [
            {"service": service, "valid_until": until, "days_left": round((until - state.time) / 86_400, 3)}
            for service, until in sorted(state.certificates.items())
        ]
        return self._observed("certificates", "state().certificates", rows)

    def get_changes(self, start: float, end: float) -> Answer:
        """Deploys, config pushes and other changes between two times [s since the Unix epoch]."""
        window = Window(start, end)
        rows = [_flat(each) for each in self._world.changes(window)]
        return self._observed("changes", f"changes({start}, {end})", rows, window)

    def get_logs(
        self, start: float, end: float, service: str = "", contains: str = "", severity: int = 0, limit: int = 100
    ) -> Answer:
        """Log records, newest first; `severity` is OpenTelemetry's number [1], 17 is ERROR."""
        sql = """
        SELECT time_ns / 1e9 AS time, service, version, severity, body, event_name, exception_type, trace_id
        FROM logs WHERE time_ns >= ? AND time_ns < ? AND (? = '' OR service = ?) AND severity_number >= ?
          AND (? = '' OR contains(lower(body), lower(?))) ORDER BY time_ns DESC"""
        params = (*_bounds(start, end), service, service, severity, contains, contains)
        return self._asked(f"logs of {service or 'all services'}", sql, params, Window(start, end), limit)

    def get_traces(
        self,
        start: float,
        end: float,
        service: str = "",
        operation: str = "",
        errors_only: bool = False,
        slower_than: float = 0.0,
        limit: int = 50,
    ) -> Answer:
        """Server and client spans, slowest first; `slower_than` in [s]."""
        sql = """
        SELECT trace_id, span_id, parent_span_id, service, version, name, kind, peer, start_ns / 1e9 AS start,
               duration_ns / 1e9 AS seconds, status, http_status, error_type, statement
        FROM spans WHERE start_ns >= ? AND start_ns < ? AND (? = '' OR service = ?) AND (? = '' OR name = ?)
          AND (NOT ? OR status = 'error') AND duration_ns >= ? ORDER BY duration_ns DESC"""
        params = (
            *_bounds(start, end), service, service, operation, operation, errors_only,
            _nanoseconds("slower_than", slower_than),
        )  # fmt: skip
        return self._asked(f"spans of {service or 'all services'}", sql, params, Window(start, end), limit)

    def get_trace(self, trace_id: str) -> Answer:
        """All spans of one trace in the order in which they started."""
        sql = """
        SELECT span_id, parent_span_id, service, name, kind, peer, start_ns / 1e9 AS start,
               duration_ns / 1e9 AS seconds, status, http_status, error_type, statement
        FROM spans WHERE trace_id = ? ORDER BY start_ns"""
        return self._asked(f"trace {trace_id}", sql, (trace_id,), Window(0.0, 0.0), MOST_ROWS)

    def get_metrics(self, start: float, end: float, name: str, service: str = "", limit: int = 200) -> Answer:
        """Points of one metric, newest first."""
        sql = """
        SELECT time_ns / 1e9 AS time, service, instance, value, count, sum, unit FROM metrics
        WHERE time_ns >= ? AND time_ns < ? AND name = ? AND (? = '' OR service = ?) ORDER BY time_ns DESC"""
        params = (*_bounds(start, end), name, service, service)
        return self._asked(f"{name} of {service or 'all services'}", sql, params, Window(start, end), limit)

    def query(self, sql: str, limit: int = 100) -> Answer:
        """One SELECT over ``spans``, ``logs`` and ``metrics``; times are nanoseconds since the Unix epoch."""
        scope.check(sql)
        return self._asked("a query of one's own", sql, (), Window(0.0, 0.0), limit)

    query.__doc__ = f"{query.__doc__} Columns: {_COLUMNS}."

    def _service(self, name: str) -> ServiceState:
        services = self._world.state().services
        if name not in services:
            raise UsageError(f"no service {name!r}", hint=near_names(name, services))
        return services[name]

    def _asked(self, says: str, sql: str, params: Sequence[Scalar], window: Window, limit: int) -> Answer:
        bounded = max(1, min(limit, MOST_ROWS))
        rows = self._notebook.about(says, window).query(sql, params, limit=bounded)
        return self._answer(rows, bounded)

    def _observed(self, says: str, query: str, rows: Sequence[Row], window: Window | None = None) -> Answer:
        self._notebook.observe(says, query, window or Window(0.0, 0.0), rows)
        return self._answer(rows, MOST_ROWS)

    def _answer(self, rows: Sequence[Row], limit: int) -> Answer:
        kept: list[Mapping[str, object]] = []
        length = 0
        for row in rows[:limit]:
            clean = redact_value(row)
            assert isinstance(clean, dict)
            length += len(json.dumps(clean, default=str))
            if length > MOST_TEXT:
                break
            kept.append(clean)
        note = ""
        if len(kept) < len(rows) or len(rows) == limit:
            note = f"{len(kept)} rows shown and there may be more: narrow the window or name a service"
        return Answer(kept, self._notebook.pages[-1], note)


def tools() -> Mapping[str, Callable[..., Answer]]:
    """Return the read tools by name; their docstrings are their documentation everywhere."""
    return {
        name: member
        for name, member in inspect.getmembers(Reader, inspect.isfunction)
        if name == "query" or name.startswith("get_")
    }


def _bounds(start: float, end: float) -> tuple[int, int]:
    return _nanoseconds("start", start), _nanoseconds("end", end)


def _nanoseconds(name: str, seconds: float) -> int:
    if not abs(seconds) < LATEST:
        raise UsageError(f"{name}={seconds:g} is no time", hint="seconds since the Unix epoch")
    return round(seconds * 1e9)


def _flat(record: object) -> dict[str, object]:
    found = plain(record)
    assert isinstance(found, dict)
    return found
