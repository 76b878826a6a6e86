"""How near two texts are: the cosine of vectors that count hashed words."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter

WIDTH = 1024  # of a vector [1]


def vector(text: str) -> Counter[int]:
    """Return how often each word occurs, by its hash."""
    return Counter(zlib.crc32(each.encode()) % WIDTH for each in re.findall(r"[a-z0-9]+", text.lower()))


def nearness(one: Counter[int], other: Counter[int]) -> float:
    """Return the cosine of two vectors, from 0 to 1; rounded, so that equal ones stay equal.

    Examples
    --------
    >>> nearness(vector("old mill"), vector("Old Mill")), nearness(vector("old mill"), vector("new barn"))
    (1.0, 0.0)
    """
    dot = sum(count * other[each] for each, count in one.items())
    norm = math.sqrt(sum(each**2 for each in one.values()) * sum(each**2 for each in other.values()))
    return round(dot / norm, 9) if norm else 0.0
