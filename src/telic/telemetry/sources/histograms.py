"""Numbers that stand for a histogram where only numbers are kept."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

QUANTILES = (0.5, 0.9, 0.99)


def parts(
    count: int | None, total: float | None, bounds: str, buckets: str, unit: str
) -> Iterator[tuple[str, float, str]]:
    """Yield the numbers that stand for a histogram's point: name, value, unit.

    Examples
    --------
    >>> [(name, value) for name, value, _ in parts(10, 4.0, "[0.1, 1.0]", "[5, 5, 0]", "s")][:3]
    [('count', 10.0), ('sum', 4.0), ('p50', 0.1)]
    """
    if count is not None:
        yield "count", float(count), "1"
    if total is not None:
        yield "sum", total, unit
    try:
        edges, counts = msgspec.json.decode(bounds, type=list[float]), msgspec.json.decode(buckets, type=list[float])
    except msgspec.MsgspecError:
        return
    if not count or len(counts) != len(edges) + 1:
        return
    for share in QUANTILES:
        if (value := quantile(share, edges, counts)) is not None:
            yield f"p{share * 100:.0f}", value, unit


def quantile(share: float, bounds: list[float], counts: list[float]) -> float | None:
    """Return the value below which a `share` [1] of the observations lies, linear within a bucket.

    The last, unbounded bucket gives its lower bound, as ``histogram_quantile`` of Prometheus does. None without any.
    """
    total, below = sum(counts), 0.0
    if total <= 0 or not bounds:
        return None
    for number, count in enumerate(counts):
        if count and below + count >= share * total:
            if number == len(bounds):
                return bounds[-1]
            low = bounds[number - 1] if number else min(0.0, bounds[0])
            return low + (bounds[number] - low) * max(0.0, share * total - below) / count
        below += count
    return bounds[-1]
