"""A grid over the globe: which cells a circle touches, and how far two points are apart."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import asin, cos, dist, floor, pi, radians, sin, sqrt

EARTH_RADIUS = 6371.0088  # mean radius [km], IUGG
KM_PER_DEGREE = radians(1.0) * EARTH_RADIUS  # along a meridian [km]
CELL_SIZE = 0.02  # edge of a cell, some 2.2 km along a meridian [degrees]
COLUMNS = round(360 / CELL_SIZE)  # cells around the globe [1]
REMEMBERED = 16_384  # points whose place on the globe is kept [1]


def cell_of(lat: float, lon: float) -> int:
    """Return the number of the cell that holds a point [degrees].

    Examples
    --------
    >>> cell_of(0.01, 0.01) - cell_of(0.01, -0.01)
    1
    """
    return _row(lat) * COLUMNS + _column(lon) % COLUMNS


def cells_around(lat: float, lon: float, km: float) -> list[int]:
    """Return every cell that a circle of radius `km` [km] around a point [degrees] may touch, in order.

    Examples
    --------
    >>> cell_of(52.52, 13.40) in cells_around(52.53, 13.41, 2.0)
    True
    """
    high = km / KM_PER_DEGREE
    wide = high / cos(radians(min(abs(lat) + high, 89.0)))
    west, east = _column(lon - wide), _column(lon + wide)
    rows = range(_row(lat - high), _row(lat + high) + 1)
    if west >= 0 and east < COLUMNS:
        return [row * COLUMNS + column for row in rows for column in range(west, east + 1)]
    columns = sorted({column % COLUMNS for column in range(west, min(east, west + COLUMNS - 1) + 1)})
    return [row * COLUMNS + column for row in rows for column in columns]


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance between two points [degrees] by the haversine formula [km].

    Examples
    --------
    >>> round(distance(52.5200, 13.4050, 48.8566, 2.3522))
    877
    """
    south, north = radians(lat), radians(other_lat)
    up, along = sin((north - south) / 2), sin(radians(other_lon - lon) / 2)
    chord = sqrt(up * up + cos(south) * cos(north) * along * along)
    return 2 * EARTH_RADIUS * asin(chord if chord < 1.0 else 1.0)


def lines(lat: float, lon: float, places: Iterable[tuple[float, float]]) -> list[float]:
    """Return the straight line through the earth from a point to each of `places` [degrees] [km].

    Lines rank like distances and cost less: see `line_of`.
    """
    here = _on_globe(lat, lon)
    return [dist(here, _on_globe(*each)) for each in places]


def line_of(km: float) -> float:
    """Return the straight line between two points whose distance is `km` [km].

    Examples
    --------
    >>> round(line_of(5.0), 3), round(line_of(20015.0))
    (5.0, 12742)
    """
    return 2 * EARTH_RADIUS * sin(min(km / (2 * EARTH_RADIUS), pi / 2))


@lru_cache(maxsize=REMEMBERED)
def _on_globe(lat: float, lon: float) -> tuple[float, float, float]:
    """Return where a point is, seen from the middle of the earth [km]."""
    level = EARTH_RADIUS * cos(radians(lat))
    return level * cos(radians(lon)), level * sin(radians(lon)), EARTH_RADIUS * sin(radians(lat))


def _row(lat: float) -> int:
    return floor((lat + 90) / CELL_SIZE)


def _column(lon: float) -> int:
    return floor((lon + 180) / CELL_SIZE)
