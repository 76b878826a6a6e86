"""What a SELECT of somebody else's may ask about."""

from __future__ import annotations

import pytest

from telic.errors import UsageError
from telic.telemetry.scope import check


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT service, count(*) FROM spans GROUP BY ALL",
        "FROM logs SELECT body WHERE severity_number >= 17",
        "WITH slow AS (SELECT * FROM spans WHERE duration_ns > 1e9) SELECT name FROM slow JOIN metrics USING (service)",
        "SELECT unnest(list(DISTINCT name)) FROM spans",
        "SELECT * FROM generate_series(1, 3), json_each('[1]')",
        "SELECT attributes ->> '$.\"http.route\"' FROM spans WHERE name LIKE 'duckdb_settings%'",
        "DESCRIBE spans",
        "SUMMARIZE metrics",
        "SELEC 1",  # the store says what is wrong with it
    ],
)
def test_telemetry_and_what_is_made_of_it(sql: str) -> None:
    check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT value FROM duckdb_settings()",
        "SELECT * FROM duckdb_settings",
        "SELECT 1 FROM spans WHERE EXISTS (SELECT 1 FROM duckdb_secrets())",
        "WITH own AS (SELECT current_setting('temp_directory') AS it) SELECT it FROM own",
        "SELECT getenv('HOME')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_database_list()",
        "SELECT * FROM query('SELECT * FROM duckdb_settings()')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/tmp/*')",
        "SHOW ALL TABLES",
        "FROM (SHOW DATABASES)",
        "FROM (PIVOT (FROM duckdb_settings()) ON name USING first(value))",
        "SELECT 1; SELECT * FROM duckdb_settings()",
    ],
)
def test_nothing_of_the_database(sql: str) -> None:
    with pytest.raises(UsageError):
        check(sql)
