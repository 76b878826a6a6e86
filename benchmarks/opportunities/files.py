"""The events that engines are compared on: a Parquet file in order of time, and one in no order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from telic.opportunities.model import Prepared
from telic.opportunities.synthetic import Recipe, generate, table

pa: Any = pyarrow
pq: Any = pyarrow.parquet
FULL, QUICK = 1_200_000, 60_000  # sessions: 10 million events, half a million [1]


def write(folder: Path, *, quick: bool) -> tuple[Prepared, Mapping[str, Path]]:
    """Write the files ``friendly`` and ``adverse``; return what is in them, and where they are.

    Events of a session differ in time, so that every engine has one order; column ``faulty`` says whether the session
    failed.
    """
    groups = QUICK if quick else FULL
    made = generate(Recipe(groups=groups, users=groups // 5, seed=11))
    prepared = made.prepared
    place = np.arange(len(prepared.at)) - np.repeat(prepared.offsets[:-1], np.diff(prepared.offsets))
    made = replace(made, prepared=replace(prepared, at=prepared.at + place))
    paths = {}
    for name, order, ids in (("friendly", "time", "int"), ("adverse", "shuffled", "hex")):
        rows = table(made, order=order, ids=ids)  # type: ignore[arg-type]
        numbers = rows if ids == "int" else table(made, order=order, ids="int")  # type: ignore[arg-type]
        faulty = (made.outcome.values == 1)[np.asarray(numbers.column("session_id"))]
        columns = {
            "timestamp": rows.column("timestamp"),
            "session_id": rows.column("session_id") if ids == "int" else rows.column("session_id").cast(pa.string()),
            "event": rows.column("event").cast(pa.string()),
            "faulty": pa.array(faulty),
        }
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(pa.table(columns), paths[name], compression="zstd")
    return made.prepared, paths
