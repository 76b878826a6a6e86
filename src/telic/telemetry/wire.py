"""What goes over the receiver's query socket, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from telic.model import Row  # not when it runs: the model takes the receiver a quarter of its start

ROWS_MAX = 200_000  # what a query may ask for at most [1]


class QueryRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST /query``."""

    sql: str
    params: list[bool | int | float | str | None] = []
    limit: int = 10_000  # rows [1]
    timeout: float = 5.0  # [s]


class QueryReply(msgspec.Struct, frozen=True):
    """Its answer; `truncated` says that there were more rows than `limit`."""

    columns: list[str]
    rows: list[list[object]]
    truncated: bool = False

    def records(self) -> list[Row]:
        """Return its rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class ErrorReply(msgspec.Struct, frozen=True):
    """Body of every answer other than 200 on the query side."""

    error: str
    hint: str = ""


class Status(msgspec.Struct, frozen=True):
    """Body of ``GET /-/status``: what the receiver did since it started."""

    started: float  # [s since the Unix epoch]
    spans: int  # rows committed since the start [1]
    logs: int
    metrics: int
    commits: int
    bytes: int  # of the store that hold rows [bytes]
    file_bytes: int  # of its file on disk [bytes]
    queued_bytes: int  # received and not committed yet [bytes]
    refused: int  # requests answered 429 because the queue was full [1]
    rejected: int  # requests answered 400 because they could not be read [1]
    invalid: int  # spans, points and records left out because they break the format [1]
    failed: int  # requests answered 503 because the store failed [1]
    forwarded: int  # requests copied to the other endpoint [1]
    dropped: int  # requests that were not copied: the other endpoint was slow or away [1]
    lag: float  # from arrival to commit of the last batch [s]
    newest: float  # arrival of the newest committed row [s since the Unix epoch]; 0 when there is none
    cpu_seconds: float  # used by the receiver [s]
    schema: int  # version of the tables
    compiled: bool = False  # whether bodies are read by the compiled scanners
    grpc_port: int = 0  # where OTLP/gRPC is taken; 0 where it is not
