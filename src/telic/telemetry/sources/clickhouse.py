"""ClickHouse: spans, logs and metrics that Telic keeps there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from telic.errors import UsageError
from telic.telemetry.sources.card import Answer, Filter, Question, Signal, source
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.remote import Remote
from telic.telemetry.sources.rows import Rows
from telic.telemetry.sources.stored import OFFERS, Dialect, rows
from telic.telemetry.sources.visit import Visit

DIALECT = Dialect("toString({})", "cityHash64(t.trace_id)", "position({}, {}) > 0", {"\\": "\\\\", "'": "\\'"})


class Table(msgspec.Struct):
    """An answer in the format ``JSONCompact``."""

    meta: list[dict[str, str]]
    data: list[list[str | None]]


@source("clickhouse", example={"url": "http://127.0.0.1:8123"})
class ClickHouse(Remote):
    """Spans, logs and metrics of a ClickHouse server in the tables of Telic's own store (``ClickHouseStore``).

    Read over HTTP with GET, which changes nothing. The window is asked for in eight parts with a share of the limit
    each; where a part has more spans, a sample of its traces comes, whole. Alerts and changes are found among the logs,
    as `telic` finds them.

    Parameters
    ----------
    url
        Address of the HTTP interface, with user and password if there are any.
    headers
        Sent with every request.
    database
        Where the tables are.
    ca_file, client_file
        Certificates in PEM.

    Source: https://clickhouse.com/docs/interfaces/http
    """

    offers: ClassVar[tuple[Signal, ...]] = OFFERS
    pushes: ClassVar[tuple[Filter, ...]] = ("window", "entities", "names", "contains")

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        database: str = "telic",
        ca_file: str = "",
        client_file: str = "",
    ) -> None:
        super().__init__(Place.of("clickhouse", url, headers, ca_file=ca_file, client_file=client_file))
        if not re.fullmatch(r"[A-Za-z_]\w*", database):
            raise UsageError(f"{database!r} is no name of a database", hint="letters, digits and _")
        self._database = database

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`."""
        if question.query:
            raise UsageError("clickhouse takes no query of its own", hint="name services, or ask `clickhouse-client`")
        return self._ask(question, dict.fromkeys(OFFERS, self._rows))

    def _rows(self, visit: Visit, question: Question) -> Rows:
        def ask(sql: str, limit: int) -> list[list[str | None]]:
            return visit.get("/", [("query", sql), ("default_format", "JSONCompact")], Table).data

        try:
            yield from rows(question, DIALECT, ask, visit.cut, database=self._database)
        except ValueError as error:
            raise visit.failed(f"does not have Telic's tables: {error}", "name their database: `database:`") from error
