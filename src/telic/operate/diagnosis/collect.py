"""Asks telemetry, state and change log once, for all mechanisms; every answer is kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.model import Change, Incident, Observed, Row, State, Window
from telic.model.design import REPLICA
from telic.model.intent import BadErrors, Objective
from telic.operate.diagnosis.asking import Asking
from telic.operate.diagnosis.before import Before
from telic.operate.diagnosis.blame import Blame, Normals, blame
from telic.operate.diagnosis.findings import CHANGE_AFTER, CHANGE_BEFORE, Findings, Picture, SupervisorEvent
from telic.operate.diagnosis.onset import onset_of, operations
from telic.operate.diagnosis.storm import LATELY, Flow, past, storm_of
from telic.operate.diagnosis.traces import spans_of, traced
from telic.operate.diagnosis.untrue import took_part
from telic.operate.history import History
from telic.operate.looks import NONE, failed
from telic.telemetry.queries import (
    QueueFlow,
    ReplicaStep,
    edges,
    exceptions,
    gauges,
    queue_flows,
    replica_steps,
    service_operations,
    statements,
)
from telic.tools.evidence import Notebook

BASELINE = 20.0  # [s]
BASELINE_LEAST = 5.0  # even where an earlier incident reaches into it [s]
BEFORE_ONSET = 2.5  # the baseline ends so long before the onset, which is an estimate [s]
SETTLED = 0.9  # spans younger than that may not all be there [s]
AROUND = 0.3  # what began so long before the onset is compared with the time before [s]
EARLIER = 2.2  # harmed requests began so long before the first of them ended: two timeouts [s]
TRACES = 100  # harmed requests that are followed down [1]
LONGEST = 5.0  # a request [s]

EVENTS = """
SELECT time_ns / 1e9 AS time, service, event_name, body, attributes ->> '$.entity' AS entity,
       attributes ->> '$.reason' AS reason
FROM logs WHERE time_ns >= ? AND time_ns < ? AND event_name <> '' ORDER BY time_ns"""
COVERED = """
SELECT (max(start_ns) - min(start_ns)) / 1e9 AS seconds FROM spans
WHERE start_ns >= ? AND start_ns < ? AND kind = 'server'"""
HEARD = "SELECT service, max(time_ns) / 1e9 AS last FROM metrics WHERE time_ns >= ? AND time_ns < ? GROUP BY service"
ANSWERED = """
SELECT service, max(start_ns + duration_ns) / 1e9 AS last FROM spans
WHERE start_ns >= ? AND start_ns < ? AND kind = 'server' AND status <> 'error' GROUP BY service"""


class Collector:
    """Makes findings; remembers the baseline of an incident, which does not change.

    Parameters
    ----------
    objectives
        For what counts as slow.
    bad_errors
        Business errors that users call bad service, by operation.
    """

    def __init__(self, objectives: Sequence[Objective] = (), bad_errors: BadErrors = NONE) -> None:
        self._bad_errors, self._failed = bad_errors, failed(bad_errors)
        self._threshold = min((each.below for each in objectives if each.sli == "latency"), default=0.1)
        self._before = Before(Window(0.0, 0.0))

    def collect(self, incident: Incident, world: Observed, history: History, notebook: Notebook) -> Findings:
        """Look at everything once."""
        now = world.clock.time()
        first = min((each.onset for each in incident.symptoms), default=now)
        topology, state = world.topology(), world.state()
        history.add(state)
        until = max(first + 0.5, now - SETTLED)
        felt = Asking(notebook, Window(first, until))
        onset = onset_of(felt, topology.entry, incident, self._threshold, self._failed)
        asking = Asking(notebook, Window(onset - AROUND, until), felt.evidence, felt.missing)
        current = _picture(asking, "since the onset")
        baseline, before = self._baseline(asking, topology.entry, onset, history.well_since)
        queues, queues_before = self._queues(asking, incident, baseline)
        harmed = Asking(notebook, Window(onset - EARLIER, until), asking.evidence, asking.missing)
        blames = self._blames(harmed, topology.entry, incident, _normals(baseline))
        blames += took_part(harmed, topology.entry, incident)
        changes = [each for each in _changes(world, onset, now) if each.id not in history.explained]
        asking.evidence["changes"] = notebook.observe(
            f"{len(changes)} changes by others around the onset",
            "changes()",
            Window(onset - CHANGE_BEFORE, now),
            changes,
        )
        asking.evidence["state"] = notebook.observe(
            "phases, links and grants now", "state()", Window(now, now), _essence(state)
        )
        lately = Asking(notebook, Window(onset - 10.0, now + 1.0), asking.evidence, asking.missing)
        newest = Asking(notebook, Window(max(onset, until - LATELY), until), asking.evidence, asking.missing)
        storm = storm_of(newest, before, topology.entry, self._threshold)
        return Findings(
            now=now,
            onset=onset,
            symptoms=incident.symptoms,
            topology=topology,
            state=state,
            history=history,
            changes=changes,
            current=current,
            baseline=baseline,
            storm=storm,
            blames=blames,
            events=_events(lately),
            heard=_last(lately.rows("heard", "when each service was last heard of", HEARD)),
            answered=_last(lately.rows("answered", "when each service last answered well", ANSWERED)),
            evidence=asking.evidence,
            missing=asking.missing,
            queues=queues,
            queues_before=queues_before,
            replicas=self._behind(asking, state, onset),
        )

    def _behind(self, asking: Asking, state: State, onset: float) -> Sequence[ReplicaStep]:
        """Return how far replicas are behind, from the time before on; nothing is asked where there are none."""
        if REPLICA not in state.stores:
            return ()
        window = Window(onset - BASELINE, asking.window.end + SETTLED)
        whole = Asking(asking.notebook, window, asking.evidence, asking.missing)
        return whole.ask("replicas", "how far replicas are behind their primaries", replica_steps)

    def _queues(
        self, asking: Asking, incident: Incident, baseline: Picture | None
    ) -> tuple[Mapping[str, QueueFlow], Mapping[str, QueueFlow]]:
        """Return by subject what went through queues since the onset and before; nothing where no queue is ill."""
        if all(each.signal != "queue" for each in incident.symptoms):
            return {}, {}
        now = asking.ask("queues", "messages sent, taken and failed since the onset", queue_flows)
        if baseline is None:
            return {each.subject: each for each in now}, {}
        earlier = self._before.ask(
            asking,
            "queues",
            lambda before: before.ask("queues", "messages sent, taken and failed before the onset", queue_flows),
        )
        return {each.subject: each for each in now}, {each.subject: each for each in earlier}

    def _baseline(
        self, asking: Asking, entry: str, onset: float, well_since: float
    ) -> tuple[Picture | None, Flow | None]:
        end = onset - BEFORE_ONSET
        window = Window(max(end - BASELINE, min(well_since, end - BASELINE_LEAST)), end)
        if window != self._before.window:
            self._before = Before(window)
        picture = self._before.ask(asking, "picture", lambda before: _picture(before, "before the onset"))
        flowed = self._before.ask(
            asking, "flow", lambda before: past(before, entry, self._threshold, picture.operations)
        )
        if not picture.operations:
            asking.missing.append(f"no telemetry from the {BASELINE:g} s before the onset: nothing says what is normal")
            return None, None
        return picture, flowed

    def _blames(self, asking: Asking, entry: str, incident: Incident, normals: Normals) -> list[Blame]:
        if incident.symptoms and not any(each.felt for each in incident.symptoms):
            return []  # nobody whose request could be followed is harmed yet
        start, end = asking.bounds
        names = operations(incident)
        params = (
            entry,
            start,
            end,
            names,
            names,
            round(self._threshold * 1e9),
            TRACES,
            start,
            end + round(LONGEST * 1e9),
        )
        sql = traced(self._failed)
        rows = asking.ask("traces", "harmed requests, span by span", lambda store, window: store.query(sql, params))
        found = [blame(spans, entry, normals) for spans in spans_of(rows, entry, self._bad_errors).values()]
        return [each for each in found if each is not None]


def _picture(asking: Asking, when: str) -> Picture:
    on_edges = asking.ask("edges", f"calls on every edge {when}", edges)
    of_store = asking.ask("statements", f"database statements {when}", statements)
    served = asking.ask(
        "operations",
        f"requests of every service {when}",
        lambda store, window: service_operations(store, window, window.seconds),
    )
    raised = asking.ask("exceptions", f"exceptions {when}", exceptions)
    points = asking.ask(
        "lag", f"event-loop lag {when}", lambda store, window: gauges(store, "telic.event_loop.lag", window)
    )
    lag: dict[str, float] = {}
    for point in points:
        lag[point.service] = max(lag.get(point.service, 0.0), point.value)
    spans = asking.rows("covered", f"time in which anybody was served {when}", COVERED)
    covered = float(str(spans[0]["seconds"] or 0.0)) if spans else 0.0
    return Picture(asking.window, {each.name: each for each in on_edges}, of_store, served, raised, lag, covered)


def _normals(baseline: Picture | None) -> Normals:
    """Return usual durations: medians of the baseline."""
    if baseline is None:
        return Normals()
    seconds: dict[tuple[str, str, str, str], float] = {}
    for operation in baseline.operations:
        seconds[operation.service, "server", "", operation.operation] = operation.p50
    for statement in baseline.statements:
        seconds[statement.service, "client", statement.store, statement.statement] = statement.p50
    gaps = {(each.caller, each.callee): each.gap_p50 for each in baseline.edges.values() if each.matched}
    for operation in baseline.operations:
        for edge in baseline.into(operation.service):
            key = (edge.caller, "client", edge.callee, operation.operation)
            seconds[key] = operation.p50 + edge.gap_p50
    return Normals(seconds, gaps)


def _changes(world: Observed, onset: float, now: float) -> list[Change]:
    found = world.changes(Window(onset - CHANGE_BEFORE, now + 1.0))
    return [each for each in found if not each.own and each.time <= onset + CHANGE_AFTER]


def _events(asking: Asking) -> list[SupervisorEvent]:
    return [
        SupervisorEvent(
            float(str(row["time"])),
            str(row["service"]),
            str(row["event_name"]),
            str(row["entity"] or ""),
            str(row["reason"] or row["body"] or ""),
        )
        for row in asking.rows("events", "what the supervisor told", EVENTS)
    ]


def _last(rows: Sequence[Row]) -> Mapping[str, float]:
    return {str(row["service"]): float(str(row["last"])) for row in rows if row["last"] is not None}


def _essence(state: State) -> object:
    """Return the part of a state that diagnoses cite."""
    return {
        "instances": [
            {
                "name": each.name,
                "phase": each.phase,
                "version": each.version,
                "restarts": each.restarts,
                "last_exit": each.last_exit,
                "process_state": each.process_state,
                "cpu_seconds": each.cpu_seconds,
                "throttled_seconds": each.throttled_seconds,
            }
            for service in state.services.values()
            for each in service.instances
        ],
        "links": {name: each.active for name, each in state.links.items() if each.active != "a"},
        "missing_grants": [grant for store in state.stores.values() for grant in store.missing_grants],
    }
