"""Telic itself: what ``telic serve`` or a running system keeps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from telic.errors import SourceFailed, TelicError, UsageError
from telic.settings import Settings, run_folder
from telic.telemetry.client import TelemetryClient
from telic.telemetry.sources.card import Answer, Exhausted, Filter, Question, Signal, source
from telic.telemetry.sources.rows import Rows, collect, no_such_signal
from telic.telemetry.sources.stored import OFFERS, Dialect, rows

DIALECT = Dialect("CAST({} AS VARCHAR)", "hash(t.trace_id)", "contains({}, {})", {"'": "''"})


@source("telic", example={"url": "telemetry"})
class Telic:
    """Spans, logs and metrics that ``telic serve`` or a system of Telic's takes, while it runs.

    Among the logs are alerts, which Alertmanager's webhook sent, and changes: events named ``deploy``, ``config``,
    ``flag``, ``migration`` or ``scale``, or with OpenTelemetry's attributes of a deployment or a pipeline that deploys.

    The window is asked for in eight parts with a share of the limit each; where a part has more spans, a sample of its
    traces comes, whole.

    Parameters
    ----------
    url
        The folder that ``telic serve --state`` names, ``telemetry`` for that of a plain ``telic serve``, or the name of
        a running system.
    """

    offers: ClassVar[tuple[Signal, ...]] = OFFERS
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "names", "contains")

    def __init__(self, url: str) -> None:
        path = Path(url).expanduser()
        self._folder = path if "/" in url or path.is_dir() else Settings.read().system(url)

    @property
    def where(self) -> str:
        """The folder of the state."""
        return str(self._folder)

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`."""
        if question.signal not in OFFERS:
            raise no_such_signal("telic", question.signal, OFFERS)
        if question.query:
            raise UsageError("telic takes no query of its own here", hint='ask `telic query "SELECT ..."`')
        asking = _Asking(self._folder, question)
        try:
            table, cut = collect(question, asking.rows())
        finally:
            asking.client.close()
        return Answer(table, tuple(dict.fromkeys((*asking.cut, *cut))), tuple(asking.queries), asking.bytes)


class _Asking:
    """One answer's worth of queries, bounded together in time and bytes."""

    def __init__(self, folder: Path, question: Question) -> None:
        self.client = TelemetryClient(run_folder(folder) / "telemetry.sock")
        self.queries: list[str] = []
        self.cut: list[str] = []
        self.bytes = 0
        self._folder, self._question = folder, question
        self._ends = time.monotonic() + question.limit.seconds

    def rows(self) -> Rows:
        return rows(self._question, DIALECT, self._select, self.cut)

    def _select(self, sql: str, limit: int) -> list[tuple[object, ...]]:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self._exhausted(f"did not answer within {self._question.limit.seconds:g} s")
        self.queries.append(sql)
        try:
            found = [tuple(each.values()) for each in self.client.query(sql, limit=limit, timeout=left)]
        except TelicError as error:
            said = f"telic at {self._folder}: {error}"
            raise SourceFailed(said, hint=error.hint, url=str(self._folder)) from error
        self.bytes += sum(len(str(value)) for row in found for value in row)
        if self.bytes > self._question.limit.bytes:
            raise self._exhausted(f"sends more than {self._question.limit.bytes} bytes")
        return found

    def _exhausted(self, what: str) -> Exhausted:
        said = f"telic at {self._folder} {what}"
        return Exhausted(said, hint="narrow the window or the entities", url=str(self._folder))
