"""A session that answers from a fixed table, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from telic.lab.session.session import Brief, Promise, ToolCard, ToolResult

NOW = 1_000_000.0
TIMES = {"start": {"type": "number"}, "end": {"type": "number"}}
TARGET = {"target": {"type": "string"}}


def schema(properties: Mapping[str, object], *required: str) -> dict[str, object]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


CARDS = (
    ToolCard("get_topology", "Services, stores and who calls whom.", schema({})),
    ToolCard("get_services", "Version, phase and restarts of every instance.", schema({})),
    ToolCard("get_config", "The configuration of one service.", schema({"service": {"type": "string"}}, "service")),
    ToolCard("get_changes", "Deploys and config pushes between two times.", schema(TIMES, "start", "end")),
    ToolCard(
        "get_logs",
        "Log records, newest first.",
        schema({**TIMES, "service": {"type": "string"}, "limit": {"type": "integer"}}, "start", "end"),
    ),
    ToolCard("get_traces", "Spans, slowest first.", schema({**TIMES, "service": {"type": "string"}}, "start", "end")),
    ToolCard("get_metrics", "Points of one metric.", schema({**TIMES, "name": {"type": "string"}}, "start", "end")),
    ToolCard("query", "One SELECT.", schema({"sql": {"type": "string"}}, "sql")),
    ToolCard("alerts", "What monitors say now.", schema({})),
    ToolCard("wait", "Let time pass.", schema({"seconds": {"type": "number"}}, "seconds")),
    ToolCard("restart", "Start a service again.", schema(TARGET, "target"), writes=True),
    ToolCard(
        "rollback",
        "Deploy the version before.",
        schema({**TARGET, "version": {"type": "string"}}, "target"),
        writes=True,
    ),
    ToolCard(
        "submit",
        "State claims.",
        schema(
            {
                "healthy": {"type": "boolean"},
                "entity": {"type": "string"},
                "mechanism": {"type": "string"},
                "onset": {"type": "number"},
                "final": {"type": "boolean"},
            }
        ),
    ),
)
BRIEF = Brief(
    app="hotel",
    entry="gateway",
    promises=(Promise("O1", "99 % of searches are answered within 0.1 s"),),
    tools=CARDS,
    mechanisms={"bad-deploy": "a new version is wrong", "hang": "a process stands still"},
    calls=40,
    seconds=60.0,
    began=NOW,
)
ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "get_topology": [
        {"caller": "gateway", "callee": "search", "kind": "http"},
        {"caller": "search", "callee": "rate", "kind": "http"},
        {"caller": "rate", "callee": "postgres", "kind": "store"},
    ],
    "get_services": [
        {"service": name, "version": "2" if name == "rate" else "1", "phase": "ready"}
        for name in ("gateway", "search", "rate")
    ],
    "get_changes": [{"kind": "deploy", "entity": "rate", "time": NOW - 5, "before": "1", "summary": "rate 2"}],
    "get_logs": [{"time": NOW - 1, "service": "rate", "severity": "ERROR", "body": "no such column"}],
    "get_traces": [{"service": "rate", "name": "rates", "seconds": 0.9, "status": "error"}],
    "get_metrics": [{"time": NOW, "service": "rate", "value": 3.0}],
    "get_config": [{"key": "pool.size", "value": 20}],
    "alerts": [{"entity": "gateway", "symptom": "errors", "since": NOW - 2}],
    "query": [
        {"service": "gateway", "requests": 60, "errors": 9, "seconds": 0.2},
        {"service": "rate", "requests": 50, "errors": 9, "seconds": 0.1},
    ],
}


@dataclass
class FixedSession:
    """Answers from `ROWS` (no alert if quiet), refuses what the brief does not have, closes after final claims."""

    brief: Brief = BRIEF
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    claims: dict[str, object] = field(default_factory=dict)
    closed: bool = False
    time: float = NOW
    quiet: bool = False

    def now(self) -> float:
        return self.time

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        if self.closed:
            return ToolResult(error="the session is over", closed=True)
        self.calls.append((tool, dict(arguments)))
        seconds = float(str(arguments.get("seconds", 1.0))) if tool == "wait" else 1.0
        self.time += seconds
        error = "" if any(each.name == tool for each in self.brief.tools) else f"no tool {tool!r}"
        if tool == "submit":
            self.claims.update(arguments)
        self.errors.append(error)
        over = len(self.calls) >= self.brief.calls or self.time >= self.brief.began + self.brief.seconds
        self.closed = over or (tool == "submit" and bool(arguments.get("final")))
        rows = () if self.quiet and tool == "alerts" else ROWS.get(tool, ())
        return ToolResult("" if error else f"{tool} done", rows, error, seconds, self.closed)

    @property
    def tools(self) -> list[str]:
        return [tool for tool, _ in self.calls]
