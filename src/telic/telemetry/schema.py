"""What stands in the store's file: tables of recent rows, views that add archived hours, and migrations to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from telic.telemetry.columns import SCHEMA, TABLES, definition

CATALOG = "telemetry"
_SERVICE = {"service.name": "service", "service.instance.id": "instance", "service.version": "version"}
_NAMED: Mapping[str, Mapping[str, str]] = {  # columns by their OpenTelemetry name
    "spans": {
        "peer.service": "peer",
        "http.response.status_code": "http_status",
        "error.type": "error_type",
        "db.query.summary": "statement",
    },
    "logs": {"event.name": "event_name", "exception.type": "exception_type"},
    "metrics": {},
}
VIEWS: Mapping[str, str] = {f"otel_{table}": table for table in TABLES}
"""Names under which a table is read with OpenTelemetry's own names of columns."""
ATTRIBUTE = "CREATE OR REPLACE MACRO attribute(attributes, name) AS attributes ->> name"


@dataclass(frozen=True)
class Archived:
    """The hours of one table that lie in Parquet files.

    Attributes
    ----------
    before_ns
        Rows that arrived before are read from the files, and only from them [ns since the Unix epoch].
    files
        Their paths.
    """

    before_ns: int = 0
    files: tuple[Path, ...] = ()


def recent(table: str) -> str:
    """Return the name of the table that holds what is not archived."""
    return f"recent_{table}"


def statements(archived: Mapping[str, Archived]) -> list[str]:
    """Return what makes the views that everybody reads; running them again replaces the views."""
    return [
        *(_view(table, archived.get(table, Archived())) for table in TABLES),
        *(named_view(view) for view in VIEWS),
        ATTRIBUTE,
    ]


def _view(table: str, archived: Archived) -> str:
    sql = f"SELECT * FROM {recent(table)}"
    if archived.before_ns:
        sql += f" WHERE received_ns >= {archived.before_ns:d}"
    if archived.files:
        paths = ", ".join(map(literal, archived.files))
        columns = ", ".join(name for name, _ in TABLES[table])
        sql += f" UNION ALL SELECT {columns} FROM read_parquet([{paths}])"
    return f"CREATE OR REPLACE VIEW {table} AS {sql}"


def literal(value: str | Path) -> str:
    """Return a text or a path as a literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def kept_columns(name: str) -> frozenset[str]:
    """Return the columns of a table that have their name and value in the table or view `name`; none of another's."""
    if name not in VIEWS:
        return frozenset(column for column, _ in TABLES.get(name, ()))
    renamed = {*_SERVICE.values(), *_NAMED[VIEWS[name]].values()}
    return kept_columns(VIEWS[name]) - renamed - {"attributes"}


def named_view(view: str, *, kind: str = "VIEW") -> str:
    """Return what makes a view with columns and attributes under the names of OpenTelemetry's semantic conventions."""
    table = VIEWS[view]
    columns = [name for name, _ in TABLES[table]]
    services = {name: column for name, column in _SERVICE.items() if column in columns}
    held = _NAMED[table]
    renamed = {column: name for name, column in (services | dict(held)).items()}
    listed = ", ".join(f'{each} AS "{renamed[each]}"' if each in renamed else each for each in columns[:-2])
    own = ", ".join(f"'{name}', {_absent(table, column)}" for name, column in held.items())
    of_resource = ", ".join(f"'{name}', {_absent(table, column)}" for name, column in services.items())
    patch = ", ".join(filter(None, (own, f"'resource', json_object({of_resource})")))
    attributes = f"json_merge_patch(attributes, json_object({patch})) AS attributes"
    return f"CREATE OR REPLACE {kind} {view} AS SELECT {listed}, {attributes}, received_ns FROM {table}"


def _absent(table: str, column: str) -> str:
    return f"nullif({column}, '')" if dict(TABLES[table])[column] == "VARCHAR" else column


def fresh() -> list[str]:
    """Return what makes an empty store."""
    return [
        f"CREATE TABLE telic_schema AS SELECT {SCHEMA} AS version",
        "CREATE TABLE archived(tab VARCHAR, file VARCHAR, begin_ns BIGINT, end_ns BIGINT, n BIGINT, bytes BIGINT)",
        *(definition(table, recent(table)) for table in TABLES),
        *statements({}),
    ]


MIGRATIONS: Mapping[int, Sequence[str]] = {  # from this version to the next
    1: [
        "CREATE TABLE archived(tab VARCHAR, file VARCHAR, begin_ns BIGINT, end_ns BIGINT, n BIGINT, bytes BIGINT)",
        *(f"ALTER TABLE {table} RENAME TO {recent(table)}" for table in TABLES),
        *statements({}),
        "UPDATE telic_schema SET version = 2",
    ],
}


def migration(version: int) -> list[str] | None:
    """Return what brings a store of `version` to this one; None where there is no way."""
    steps: list[str] = []
    while version != SCHEMA:
        if version not in MIGRATIONS:
            return None
        steps += MIGRATIONS[version]
        version += 1
    return steps
