"""Metrics that left their level, as signs; and the levels before and after, to compare constants with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from telic.context.changes import trouble
from telic.model import Window
from telic.operate.diagnosis.culprit.signs import Sign, inside, quoted

if TYPE_CHECKING:
    from telic.worlds.recorded import Recording

FAR = 6.0  # robust deviations from the median that are no noise [1]
KEPT = 3  # of the next 4 points that stay there [1]
FLOOR = 0.03  # a deviation counts at least as this share of the level [1]


def metric_signs(
    recording: Recording, calm: Window, window: Window, until: float
) -> tuple[list[Sign], frozenset[tuple[str, str]]]:
    """Return every series that left the level of `calm` in `window`, with when and how far; and those that did not.

    Parameters
    ----------
    until
        Onsets after this time are no part of the beginning [s since the Unix epoch].
    """
    table = recording.columns("metrics", ("time", "entity", "name", "value", "attributes"), (calm, window))
    times, values = table["time"].astype(float) / 1e9, table["value"].astype(float)
    rows: dict[tuple[str, str, str], list[int]] = {}
    for i, key in enumerate(zip(*(table[each].tolist() for each in ("entity", "name", "attributes")), strict=True)):
        rows.setdefault(key, []).append(i)
    found, steady = [], set()
    for key, picked in rows.items():
        entity, name, _ = key
        order = sorted(picked, key=lambda i: times[i])
        sign = _sign(key, times[order], values[order], calm, window)
        if sign is not None and sign.onset <= until:
            found.append(sign)
        elif sign is None:
            steady.add((entity, name))
    return found, frozenset(steady)


def _sign(
    key: tuple[str, str, str], times: np.ndarray, values: np.ndarray, calm: Window, window: Window
) -> Sign | None:
    entity, name, attributes = key
    base = values[times < calm.end]
    late = values[times >= calm.end]
    base = base[np.isfinite(base)]
    if len(base) < 3 or len(late) < 2:
        return None
    level = float(np.median(base))
    spread = max(1.4826 * float(np.median(np.abs(base - level))), FLOOR * abs(level), float(np.std(base)) / 2, 1e-9)
    if level == 0 and float(np.max(np.abs(base))) == 0:
        spread = max(1e-9, 0.05 * float(np.nanmax(np.abs(late)) or 0.0))
    far = (late - level) / spread
    out = np.abs(np.nan_to_num(far)) > FAR
    at = next((i for i in range(len(out)) if out[i] and out[i : i + 4].sum() >= min(KEPT, len(out) - i)), None)
    if at is None:
        return None
    settled = max(at, len(late) - max(3, (len(late) - at) // 2))
    after = float(np.nanmedian(late[settled:]))
    since = Window(float(times[times >= calm.end][settled]), window.end)
    up = after > level
    troubles = trouble.in_metric(name, up=up)
    ratio = (after + 1e-9) / (level + 1e-9) if level > 0 else math.inf if after > 0 else 1.0
    return Sign(
        source="metric",
        entity=entity,
        text=name,
        onset=float(times[times >= calm.end][at]),
        weight=0.6 if troubles else 0.1,
        troubles=troubles,
        up=up,
        ratio=ratio,
        before=level,
        after=after,
        query=f"SELECT {inside(calm)} AS before, count(value) AS points, median(value) AS middle, min(value) AS least,"
        f" max(value) AS most FROM metrics WHERE entity = {quoted(entity)} AND name = {quoted(name)}"
        f" AND coalesce(attributes, '') = {quoted(attributes)} AND isfinite(value)"
        f" AND (({inside(calm)}) OR ({inside(since)})) GROUP BY before ORDER BY before",
    )
