"""Requests through the synthetic hotel, span by span, with whatever is wrong at that moment."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.operate.faults import Fault
from tests.operate.plan import INNER, STORE, TIMEOUT, Visit

Row = tuple[object, ...]
PATIENCE, WAITED = 0.2, 0.45  # of a caller, and in the queue of a service that collapsed [s]
SOFT_STATUS = {"deadline_exceeded": 504, "timeout": 504}


@dataclass
class Answer:
    """How a call ended."""

    end: float
    error: str = ""  # error type; "" is well
    status: int = 200
    served: bool = True


@dataclass
class Weather:
    """What is wrong while a request passes, and which versions run."""

    faults: list[Fault]
    versions: dict[str, str]

    def at(self, mechanism: str, *entities: str) -> Fault | None:
        """Return the fault of `mechanism` at one of `entities`."""
        return next((each for each in self.faults if each.mechanism == mechanism and each.entity in entities), None)


@dataclass
class Request:
    """One request: walks its plan and writes spans and logs."""

    weather: Weather
    rng: random.Random
    trace: str
    span: Callable[[Row, float], None]  # row and when it ended
    log: Callable[[Row, float], None]
    number: int = 0
    deadline: float = 0.0
    held: dict[str, float] = field(default_factory=dict)

    def run(self, visit: Visit, start: float, *, refused: bool = False) -> Answer:
        """Serve the entry's operation."""
        if refused:
            end = start + 0.0005
            operation = (visit.service, visit.operation, "server", "", "", start, end)
            self._span(self._id(), "", *operation, 429, "429")
            return Answer(end, "429", 429)
        self.deadline = start + 1.0
        return self._serve(visit, start, "")

    def _serve(self, visit: Visit, start: float, parent: str) -> Answer:
        identity, service = self._id(), visit.service
        now = start + self._noisy(visit.own) + self._stall(service)
        raised = self.weather.at("exception", service)
        error, status = "", 200
        if raised and raised.detail == visit.operation:
            error, status = "KeyError", 500
            self._raise(service, visit.operation, identity, now)
        if self.weather.at("mystery", service):
            error, status = "500", 500
        for statement in visit.statements if not error else ():
            answer = self._statement(service, statement, now, identity)
            now = answer.end + self._stall(service)
            if answer.error:
                error, status = ("42501", 503) if answer.error == "42501" else ("deadline_exceeded", 504)
                break
        for call in visit.calls if not error else ():
            answer = self._call(service, call, now, identity)
            now = answer.end
            if answer.error:
                soft = answer.error in ("timeout", "deadline_exceeded")
                error, status = (answer.error, 504) if soft else (answer.error, 503)
                break
        if now > self.deadline and not error:
            error, status, now = "deadline_exceeded", 504, self.deadline
        self._span(identity, parent, service, visit.operation, "server", "", "", start, now, status, error)
        return Answer(now, error, status)

    def _call(self, caller: str, visit: Visit, start: float, parent: str) -> Answer:
        callee, edge, identity = visit.service, f"{caller}->{visit.service}", self._id()
        limit = min(start + TIMEOUT.get(caller, INNER), self.deadline)
        late = "deadline_exceeded" if limit == self.deadline else "timeout"
        wrong = self.weather.at("wrong-config", caller)
        crash = self.weather.at("crash-loop", callee)
        if wrong and wrong.detail == callee:
            answer = Answer(start + 0.001, "connection_refused", 0, served=False)
        elif crash:
            answer = Answer(start + 0.002, "connection_reset", 0, served=False)
        elif self.weather.at("hang", callee) or self.weather.at("network-partition", edge):
            answer = Answer(limit, late, 0, served=False)
        elif self.weather.at("metastable-overload", callee):
            return self._in_vain(caller, visit, start, parent)
        else:
            answer = self._travel(edge, visit, start, limit, late, identity)
        if start >= limit:
            answer = Answer(start, "deadline_exceeded", 0, served=False)
        self._span(
            identity,
            parent,
            caller,
            visit.operation,
            "client",
            callee,
            "",
            start,
            answer.end,
            answer.status,
            answer.error,
        )
        return answer

    def _in_vain(self, caller: str, visit: Visit, start: float, parent: str) -> Answer:
        """Three attempts that time out; each is served in full when nobody waits for it any more."""
        for attempt in range(3):
            identity, end = self._id(), start + PATIENCE
            again = {"http.request.resend_count": str(attempt)} if attempt else {}
            served = (visit.service, visit.operation, "server", "", "", start + 0.001, start + WAITED)
            self._span(self._id(), identity, *served, 200, "")
            called = (caller, visit.operation, "client", visit.service, "", start, end)
            self._span(identity, parent, *called, 0, "timeout", again)
            start = end
        return Answer(start, "timeout", 0)

    def _travel(self, edge: str, visit: Visit, start: float, limit: float, late: str, identity: str) -> Answer:
        delayed = self.weather.at("network-delay", edge)
        way = (delayed.size if delayed else 0.0) + self._noisy(0.0004)
        arrival = start + way + self._stall(visit.service)
        if arrival > limit + 0.5:
            return Answer(limit, late, 0, served=False)
        answer = self._serve(visit, arrival, identity)
        end = answer.end + (delayed.size if delayed else 0.0) + self._noisy(0.0004)
        if end > limit:
            return Answer(limit, late, 0)
        return Answer(end, str(answer.status) if answer.status >= 400 else "", answer.status)

    def _statement(self, service: str, statement: str, start: float, parent: str) -> Answer:
        identity, edge = self._id(), f"{service}->postgres"
        end, error, state = start + self._noisy(0.0008), "", ""
        slow = self.weather.at("slow-query", service)
        delayed = self.weather.at("network-delay", edge)
        revoked = self.weather.at("permission-revoked", service)
        if slow:
            start += self.rng.random() * 0.1  # connections of the pool are taken
            end = start + (self._noisy(slow.size) if slow.detail == statement else self._noisy(0.002))
        if delayed:
            end += 2 * delayed.size
        if self.weather.at("network-partition", edge):
            end, error = start + STORE, "timeout"
        if revoked and statement.startswith(service):
            error = state = "42501"
        if end > start + STORE:
            end, error = start + STORE, "timeout"
        attributes = {"db.system.name": "postgresql", "db.query.text": f"SELECT {statement}"}
        if state:
            attributes["db.response.status_code"] = state
        self._span(
            identity, parent, service, statement, "client", "postgres", statement, start, end, 0, error, attributes
        )
        return Answer(end, error)

    def _stall(self, service: str) -> float:
        """Time during which a starved process does not run."""
        starved = self.weather.at("cpu-starvation", service)
        if self.weather.at("busy-machine", "machine"):
            return self.rng.uniform(0.0, 0.12)
        return self.rng.uniform(0.05, 0.6) if starved and self.rng.random() < 0.7 else 0.0

    def _noisy(self, seconds: float) -> float:
        return seconds * self.rng.lognormvariate(0.0, 0.3)

    def _id(self) -> str:
        self.number += 1
        return f"{self.trace}{self.number:04x}"

    def _span(
        self, identity: str, parent: str, service: str, name: str, kind: str, peer: str, statement: str,
        start: float, end: float, status: int, error: str, attributes: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        row = (
            self.trace, identity, parent, service, f"{service}-1", self.weather.versions[service], name, kind,
            round(start * 1e9), round((end - start) * 1e9), "error" if error else "unset", "", peer,
            status or None, error, statement, json.dumps(attributes or {}), 0,
        )  # fmt: skip
        self.span(row, end)

    def _raise(self, service: str, operation: str, identity: str, time: float) -> None:
        attributes = {"exception.type": "KeyError", "exception.message": "'CHF'", "exception.stacktrace": "handlers.py"}
        row = (
            round(time * 1e9), service, f"{service}-1", self.weather.versions[service], "ERROR", 17,
            f"{operation} failed", self.trace, identity, "", "KeyError", json.dumps(attributes), 0,
        )  # fmt: skip
        self.log(row, time)
