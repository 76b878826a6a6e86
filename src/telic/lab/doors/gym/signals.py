"""What a policy sees: per service rates, errors and latencies, and where monitors complain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from telic.lab.session.session import Session

WINDOW: Final = 5.0  # that rates and latencies are taken over [s]
MOST: Final = np.array([1e5, 1.0, 60.0, 60.0], dtype=np.float32)  # requests/s, share of errors, mean and p90 [s]
LONGEST: Final = 1e5  # of a session [s]
SQL: Final = """
SELECT service, count(*) AS requests,
       count(*) FILTER (WHERE status = 'error' OR http_status >= 500 OR http_status = 429) AS errors,
       avg(duration_ns) / 1e9 AS mean, quantile_cont(duration_ns, 0.9) / 1e9 AS slow
FROM spans WHERE kind = 'server' AND start_ns >= {start} GROUP BY service ORDER BY service"""

Observation = dict[str, Any]


def space(services: Sequence[str]) -> spaces.Dict:
    """Return the space of observations.

    ``services``: for each service in order requests [1/s], share of errors [1], mean and 90th percentile of its latency
    [s]. ``symptoms``: alerts at each service [1]. ``time``: since the session began [s].
    """
    rows = len(services)
    return spaces.Dict(
        {
            "services": spaces.Box(0.0, np.tile(MOST, (rows, 1)), (rows, len(MOST)), np.float32),
            "symptoms": spaces.Box(0.0, 100.0, (rows,), np.float32),
            "time": spaces.Box(0.0, LONGEST, (1,), np.float32),
        }
    )


def observe(session: Session, services: Sequence[str], now: float) -> Observation:
    """Ask the session for everything that an observation holds; costs two calls.

    Parameters
    ----------
    now
        The world's time before them [s since the Unix epoch].
    """
    start = round((now - WINDOW) * 1e9)
    found = {str(each.get("service")): each for each in session.call("query", {"sql": SQL.format(start=start)}).rows}
    alerts = [str(each.get("entity")) for each in session.call("alerts", {}).rows]
    rows = np.array([_row(found.get(each, {})) for each in services], dtype=np.float32).reshape(
        len(services), len(MOST)
    )
    counted = np.array([sum(_at(each) == name for each in alerts) for name in services], dtype=np.float32)
    passed = np.array([now - session.brief.began], dtype=np.float32)
    return {
        "services": np.clip(rows, 0.0, MOST),
        "symptoms": np.clip(counted, 0.0, 100.0),
        "time": np.clip(passed, 0.0, LONGEST),
    }


def _row(found: Mapping[str, object]) -> tuple[float, float, float, float]:
    requests, errors = _number(found.get("requests")), _number(found.get("errors"))
    return (
        requests / WINDOW,
        errors / requests if requests else 0.0,
        _number(found.get("mean")),
        _number(found.get("slow")),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else 0.0


def _at(entity: str) -> str:
    """Return the service at which an alert is: of an edge, the one that is called."""
    return entity.rpartition("->")[2]
