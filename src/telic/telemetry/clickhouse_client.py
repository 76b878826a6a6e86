"""ClickHouse over HTTP through its official client, ``clickhouse-connect`` (extra ``clickhouse``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telic.errors import StoreFailed, UsageError
from telic.model.topology import Scalar
from telic.telemetry.columns import Columns

_TIMEOUTS = ("TIMEOUT_EXCEEDED", "TOO_SLOW", "Timeout exceeded")
_TOO_MUCH = ("TOO_MANY_ROWS", "TOO_MANY_BYTES", "Limit for result exceeded")


class ClickHouseServer:
    """A server; `telic.telemetry.clickhouse.ClickHouseStore` runs on it.

    Parameters
    ----------
    url
        Such as ``http://user:password@localhost:8123``.

    Raises
    ------
    UsageError
        The package is not installed.
    StoreFailed
        Nobody answers there.
    """

    def __init__(self, url: str) -> None:
        try:
            import clickhouse_connect
            from clickhouse_connect.driver import exceptions
        except ImportError as error:
            raise UsageError("ClickHouse needs clickhouse-connect", hint='pip install "telic[clickhouse]"') from error
        self._error: type[Exception] = exceptions.Error
        try:
            self._client: Any = clickhouse_connect.get_client(dsn=url)
        except self._error as error:
            raise StoreFailed(f"no ClickHouse answers: {_first(error)}", hint="check address and user") from error

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        try:
            self._client.command(sql)
        except self._error as error:
            raise StoreFailed(f"ClickHouse refused a statement: {_first(error)}", hint="see its log") from error

    def insert(self, table: str, columns: Columns) -> None:
        """Append rows as Arrow; when this returns they are there."""
        try:
            self._client.insert_arrow(table, columns)
        except self._error as error:
            raise StoreFailed(f"ClickHouse did not take rows: {_first(error)}", hint="send them again") from error

    def select(self, sql: str, parameters: Mapping[str, Scalar], settings: Mapping[str, object]) -> Columns:
        """Return what one SELECT finds, which may change nothing."""
        try:
            return self._client.query_arrow(
                sql, parameters=dict(parameters), settings=dict(settings) | {"readonly": 1}, use_strings=True
            )
        except self._error as error:
            raise failure(error) from error


def failure(error: Exception) -> UsageError | StoreFailed:
    """Return what an error of the engine means for who asked."""
    said = _first(error)
    if any(word in str(error) for word in _TIMEOUTS):
        return StoreFailed(f"the query took too long: {said}", hint="widen the timeout or narrow the window")
    if any(word in str(error) for word in _TOO_MUCH):
        return UsageError(f"the query needs too many rows: {said}", hint="narrow the window, or ask for fewer columns")
    if "Code:" in str(error):
        return UsageError(f"the query fails: {said}", hint="tables: docs/reference/contracts.md; ClickHouse's dialect")
    return StoreFailed(f"ClickHouse failed: {said}", hint="is the server up?")


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
