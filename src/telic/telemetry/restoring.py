"""The counts that monitors poll, made again from the store when a receiver starts."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import time
from collections import Counter

import duckdb

from telic.telemetry.database import Database
from telic.telemetry.live import BOUNDS, KEPT
from telic.telemetry.rollup import Counts, Rollup

log = logging.getLogger(__name__)

STEP = 30  # of arrivals that one query reads, the newest first [s]
PATIENCE = 3.0  # how long a start may wait for it; senders are taken afterwards [s]
_BUCKET = " ".join(f"WHEN duration_ns <= {round(bound * 1e9)} THEN {index}" for index, bound in enumerate(BOUNDS))
_COUNTS = f"""
    SELECT (start_ns::HUGEINT + duration_ns) // 1000000000 AS second, service, name, status = 'error' AS failed,
        coalesce(http_status, 0) AS http, CASE {_BUCKET} ELSE {len(BOUNDS)} END AS bucket, count(*) AS n
    FROM spans WHERE kind = 'server' AND received_ns >= $1 AND received_ns < $2 GROUP BY ALL
"""


def restore(
    rollup: Rollup, database: Database, *, now: float, seconds: float = KEPT, patience: float = PATIENCE
) -> int:
    """Count the server spans of the last `seconds` [s] again; call it before new ones arrive.

    Parameters
    ----------
    rollup, database
        What is filled, and from where.
    now
        The time [s since the Unix epoch].
    seconds
        How far back [s].
    patience
        After this the rest, which is the oldest, is left out [s].

    Returns
    -------
    int
        How many spans were counted.
    """
    found, ends = 0, time.monotonic() + patience
    latest = max(now, database.newest() / 1e9) + 1.0
    edges = [latest, *(now - step * STEP for step in range(math.ceil(seconds / STEP) + 1))]
    try:
        with contextlib.closing(database.cursor()) as cursor:
            for before, begin in itertools.pairwise(edges):
                rows = cursor.execute(_COUNTS, [round(begin * 1e9), round(before * 1e9)]).fetchall()
                counts: Counts = Counter({(int(second), *key): n for second, *key, n in rows})
                rollup.add(counts, now=now)
                found += sum(counts.values())
                if time.monotonic() > ends:
                    log.warning("spans that arrived more than %d s ago are not counted again", now - begin)
                    break
    except duckdb.Error as error:
        log.error("counts were not made again: %s", str(error).splitlines()[0])
    return found
