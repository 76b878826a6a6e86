"""How each database statement of each service did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class StatementCalls:
    """Executions of one statement by one version of a service."""

    service: str
    statement: str  # its name, db.query.summary
    calls: int
    store: str = ""  # postgres
    version: str = ""  # of the service
    p50: float = 0.0  # [s]
    p95: float = 0.0  # [s]
    max: float = 0.0  # [s]
    seconds: float = 0.0  # all calls together [s]
    errors: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)  # SQLSTATE, else error.type, to errors
    text: str = ""  # of one of them


SQL = """
SELECT service, statement, peer AS store, version, count(*) AS calls, sum(duration_ns) / 1e9 AS seconds,
       quantile_cont(duration_ns, 0.5) / 1e9 AS p50, quantile_cont(duration_ns, 0.95) / 1e9 AS p95,
       max(duration_ns) / 1e9 AS max, count(*) FILTER (WHERE status = 'error') AS errors,
       list_histogram(list(coalesce(
           nullif(attributes ->> '$."db.response.status_code"', ''), nullif(error_type, ''), 'unknown'))
           FILTER (WHERE status = 'error')) AS by_state,
       any_value(attributes) ->> '$."db.query.text"' AS text
FROM spans WHERE start_ns >= ? AND start_ns < ? AND statement <> ''
GROUP BY service, statement, peer, version ORDER BY service, statement, version
"""


def statements(store: Store, window: Window) -> list[StatementCalls]:
    """Return one row per service, version and statement that started in `window`, by name."""
    return records(StatementCalls, store.query(SQL, bounds(window)))
