"""AIOpsLab's APIs on a session's tools."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..words import card_text, parameters, told
from .kubectl import UNDERSTOOD, translate
from .parsing import Call

if TYPE_CHECKING:
    from telic.lab.session.session import Session, ToolResult

MINUTES: Final = 5  # that get_metrics and get_traces look back without a duration [min]
SHARED: Final = ("get_logs", "get_metrics", "get_traces", "query", "submit")  # names that both sides have
METRICS: Final = """SELECT service, name, unit, avg(value) AS value, sum(count) AS count, sum(sum) AS sum
FROM metrics WHERE time_ns >= {start} GROUP BY service, name, unit ORDER BY service, name"""

DOCS: Final[Mapping[str, str]] = {
    "get_logs": "get_logs(namespace: str, service: str) -> str\nThe newest log records of a service.",
    "get_metrics": "get_metrics(namespace: str, duration: int = 5) -> str\nCollects the metrics of the last minutes;"
    " returns the name of the file for read_metrics.",
    "read_metrics": "read_metrics(file_path: str) -> str\nThe content of such a file.",
    "get_traces": "get_traces(namespace: str, duration: int = 5) -> str\nCollects the slowest spans of late;"
    " returns the name of the file for read_traces.",
    "read_traces": "read_traces(file_path: str) -> str\nThe content of such a file.",
    "exec_shell": "exec_shell(command: str) -> str\nThis is no shell. It understands these commands and no others:\n"
    + UNDERSTOOD,
    "submit": "submit(claims) -> str\nSubmits the answer, in the form that the task asks for; this ends it.",
}


class Apis:
    """Carries out the calls of one agent.

    Files that it names exist only here: an agent reads them with ``read_metrics``, ``read_traces`` or ``cat``.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files: dict[str, str] = {}
        self._services: tuple[str, ...] = ()
        self._own: Mapping[str, Callable[..., str]] = {
            "get_logs": self.get_logs,
            "get_metrics": self.get_metrics,
            "get_traces": self.get_traces,
            "read_metrics": self.read_file,
            "read_traces": self.read_file,
            "exec_shell": self.exec_shell,
        }

    def docs(self) -> dict[str, str]:
        """Return what an agent is told of each API: AIOpsLab's, and the session's tools under their own names."""
        cards = {each.name: card_text(each) for each in self._session.brief.tools}
        more = {name: text for name, text in cards.items() if name not in DOCS}
        if "exec_shell" in cards:
            more["exec_shell"] = f"{cards['exec_shell']}\nThese commands are understood besides:\n{UNDERSTOOD}"
        return {**DOCS, **more}

    def call(self, call: Call) -> str:
        """Carry out one call; what is wrong with it stands in the answer."""
        own = self._own.get(call.name)
        if own is None:
            return told(self._session.call(call.name, self._named(call)))
        try:
            return own(*call.args, **call.kwargs)
        except TypeError as error:
            return self.refused(f"{call.name}: {error}")

    def refused(self, why: str) -> str:
        """Put on record that something came that cannot be carried out; return what to answer."""
        noted = self._session.call("unreadable", {"why": why[:300]})
        return f"error: {why}" + ("\nThe session is over." if noted.closed else "")

    def get_logs(self, namespace: str = "", service: str = "") -> str:
        """Return the newest log records of a service."""
        end = self._session.now()
        return told(self._ask("get_logs", start=end - 60.0 * MINUTES, end=end, service=str(service)))

    def get_metrics(self, namespace: str = "", duration: float = MINUTES) -> str:
        """Collect metrics; return the name of their file."""
        sql = METRICS.format(start=int((self._session.now() - 60.0 * float(duration)) * 1e9))
        return self._kept("metrics", self._ask("query", sql=sql, limit=200))

    def get_traces(self, namespace: str = "", duration: float = MINUTES) -> str:
        """Collect spans; return the name of their file."""
        end = self._session.now()
        return self._kept("traces", self._ask("get_traces", start=end - 60.0 * float(duration), end=end))

    def read_file(self, file_path: str = "") -> str:
        """Return what was collected under a name."""
        if str(file_path) in self._files:
            return self._files[str(file_path)]
        return self.refused(f"no file {str(file_path)[:80]!r}; there are: {', '.join(self._files) or 'none yet'}")

    def exec_shell(self, command: str = "") -> str:
        """Carry out a command that has a counterpart among the tools; others go to the session's shell, if any."""
        asked = translate(str(command), self._known())
        shell = any(each.name == "exec_shell" for each in self._session.brief.tools)
        if shell and asked is not None and asked[0] in ("ls", "cat") and asked[1] not in ("", *self._files):
            asked = None  # a file that lies there
        if asked is None:
            found = self._ask("exec_shell", command=str(command))
            return told(found) if shell else f"error: not offered. This is no shell; it understands:\n{UNDERSTOOD}"
        what, name = asked
        if what in ("ls", "cat"):
            return self.read_file(name) if what == "cat" else "\n".join(self._files)
        return self._translated(what, name)

    def _translated(self, what: str, name: str) -> str:
        end = self._session.now()
        if what == "logs":
            return self.get_logs("", name)
        if what == "changes":
            return told(self._ask("get_changes", start=end - 3600.0, end=end + 1.0))
        if what == "config":
            return told(self._ask("get_config", service=name))
        if what == "restart":
            return told(self._ask("restart", target=name))
        found = self._ask("get_services")
        if what == "services":
            rows = [each for each in found.rows if name in ("", each.get("service"))]
            return table(rows) or told(found)
        before = [str(each.get("previous") or "") for each in found.rows if each.get("service") == name]
        return told(self._ask("rollback", target=name, version=before[0] if before else ""))

    def _ask(self, tool: str, **arguments: object) -> ToolResult:
        return self._session.call(tool, arguments)

    def _known(self) -> tuple[str, ...]:
        if not self._services:
            rows = self._ask("get_services").rows
            self._services = tuple(dict.fromkeys(str(each.get("service", "")) for each in rows))
        return self._services

    def _kept(self, kind: str, result: ToolResult) -> str:
        if result.error:
            return told(result)
        name = f"{kind}_output/{kind}_{len(self._files) + 1}.csv"
        self._files[name] = table(result.rows)
        return f"{kind} saved as {name}; read it with read_{kind}"

    def _named(self, call: Call) -> dict[str, object]:
        card = next((each for each in self._session.brief.tools if each.name == call.name), None)
        names = list(parameters(card)) if card else [str(at) for at in range(len(call.args))]
        return {**dict(zip(names, call.args, strict=False)), **call.kwargs}


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as comma-separated values with a head line."""
    if not rows:
        return ""
    out = io.StringIO()
    heads = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(out, list(heads), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
