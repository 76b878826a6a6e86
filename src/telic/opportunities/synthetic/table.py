"""Synthetic data as a table of events, as a user's file would hold them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from telic.opportunities.synthetic.generate import Synthetic


def table(made: Synthetic, *, order: Literal["time", "shuffled"] = "time", ids: Literal["int", "hex"] = "int") -> Any:
    """Return the events as an Arrow table: timestamp, session_id, user_id, event, and the attributes.

    Parameters
    ----------
    order
        ``time``: as a collector writes them; ``shuffled``: in no order at all.
    ids
        Sessions as dense numbers, or as 16 hexadecimal digits.
    """
    import pyarrow

    pa: Any = pyarrow
    prepared = made.prepared
    lengths = np.diff(prepared.offsets)
    if order == "time":
        rows = np.argsort(prepared.at, kind="stable")
    else:
        rows = np.random.default_rng(prepared.size).permutation(len(prepared.at))
    session = np.repeat(np.arange(prepared.size, dtype=np.int32), lengths)[rows]
    columns = {
        "timestamp": pa.array(prepared.at[rows]).cast(pa.timestamp("ns", tz="UTC")),
        "session_id": pa.array(session.astype(np.int64))
        if ids == "int"
        else _coded(pa, session, _hexadecimal(prepared.size)),
        "user_id": pa.array(prepared.users[session]),
        "event": _coded(pa, prepared.names.codes[rows], list(prepared.names.labels)),
    }
    for name, column in prepared.of_groups.items():
        columns[name] = _coded(pa, column.codes[session], list(column.labels))
    return pa.table(columns)


def _coded(pa: Any, codes: Any, labels: list[str]) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(labels))


def _hexadecimal(size: int) -> list[str]:
    """Return distinct ids without any order: an odd multiplier permutes the numbers of 64 bits."""
    numbers = (np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).tolist()
    return [f"{number:016x}" for number in numbers]
