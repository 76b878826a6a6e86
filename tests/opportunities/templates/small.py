"""A few dozen groups with everything a template asks for, and the same events as a table for SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow

from telic.opportunities.model import Column, Prepared

pa: Any = pyarrow
SECOND = 1_000_000_000
MARCH = 1_772_323_200 * SECOND  # 2026-03-01 UTC, a Sunday


@dataclass(frozen=True)
class Small:
    """Prepared events, and the same as they were read: columns group, user, time, event and the attributes."""

    prepared: Prepared
    events: Any


def small(seed: int = 1, groups: int = 60) -> Small:
    """Return events with missing values, e mostly after d, groups of a user that begin at once, and ids in no order."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 6, groups)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    count = int(offsets[-1])
    begins = MARCH + random.integers(0, 20, groups) * 43_200 * SECOND
    at = np.concatenate([np.sort(random.integers(0, 100, size)) * SECOND for size in sizes]) + np.repeat(begins, sizes)
    names = random.integers(0, 5, count).astype(np.int32)
    names[1:][(names[:-1] == 3) & (random.random(count - 1) < 0.9)] = 4
    prepared = Prepared(
        names=Column("event", names, tuple("abcde")),
        at=at.astype(np.int64),
        offsets=offsets,
        groups=tuple(f"g{each}" for each in random.permutation(groups)),
        users=random.integers(0, groups // 4, groups).astype(np.int32),
        of_groups={name: _column(random, name, 3, groups) for name in ("country", "os", "version")},
        of_events={"page": _column(random, "page", 3, count), "url": _column(random, "url", 6, count)},
        numbers={"price": np.where(random.random(count) < 0.2, np.nan, random.integers(0, 10_000, count) / 100)},
    )
    return Small(prepared, _table(prepared))


def _column(random: np.random.Generator, name: str, values: int, size: int) -> Column:
    codes = random.integers(0, values, size).astype(np.int32)
    codes[random.random(size) < 0.1] = -1
    return Column(name, codes, tuple(f"{name}_{each}" for each in range(values)))


def _table(prepared: Prepared) -> Any:
    group = np.repeat(np.arange(prepared.size), np.diff(prepared.offsets))
    columns: dict[str, Any] = {
        "group": [prepared.groups[each] for each in group.tolist()],
        "user": pa.array(prepared.users[group]),
        "time": pa.array(prepared.at).cast(pa.timestamp("ns")),
        "event": texts(prepared.names),
        "price": pa.array(prepared.numbers["price"], from_pandas=True),
    }
    for name, column in prepared.of_groups.items():
        columns[name] = [texts(column)[each] for each in group]
    for name, column in prepared.of_events.items():
        columns[name] = texts(column)
    return pa.table(columns)


def texts(column: Column) -> list[str | None]:
    """Return the values of a column as text."""
    return [column.labels[code] if code >= 0 else None for code in column.codes]
