"""A grid over the globe: which cells a circle touches, and how far two points are apart."""

from __future__ import annotations

from math import asin, cos, floor, radians, sin, sqrt

EARTH_RADIUS = 6371.0088  # mean radius [km], IUGG
KM_PER_DEGREE = radians(1.0) * EARTH_RADIUS  # along a meridian [km]
CELL_SIZE = 0.02  # edge of a cell, some 2.2 km along a meridian [degrees]
COLUMNS = round(360 / CELL_SIZE)  # cells around the globe [1]


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
    columns = range(_column(lon - wide), min(_column(lon + wide), _column(lon - wide) + COLUMNS - 1) + 1)
    rows = range(_row(lat - high), _row(lat + high) + 1)
    return sorted(row * COLUMNS + column % COLUMNS for row in rows for column in columns)


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


def _row(lat: float) -> int:
    return floor((lat + 90) / CELL_SIZE)


def _column(lon: float) -> int:
    return floor((lon + 180) / CELL_SIZE)
