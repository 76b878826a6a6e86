"""Distances on the globe and what lies near a point: the generator's own, to check the system's against."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

RADIUS = 6371.0088  # of the earth, mean [km], IUGG
CELL = 0.02  # edge of a cell of the index [degrees]
_KM_A_DEGREE = RADIUS * math.pi / 180.0


class Point(NamedTuple):
    """A place [degrees]."""

    lat: float
    lon: float


def haversine(one: Point, other: Point) -> float:
    """Return the great-circle distance [km].

    Examples
    --------
    >>> round(haversine(Point(52.52, 13.405), Point(48.8566, 2.3522)))
    877
    """
    south, north = math.radians(one.lat), math.radians(other.lat)
    chord = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    )
    return 2 * RADIUS * math.asin(min(1.0, math.sqrt(chord)))


def moved(start: Point, km: float, bearing: float) -> Point:
    """Return the point `km` [km] from `start` in direction `bearing` [radians]; flat-earth, good for some 100 km."""
    lat = start.lat + km * math.cos(bearing) / _KM_A_DEGREE
    lon = start.lon + km * math.sin(bearing) / (_KM_A_DEGREE * max(math.cos(math.radians(start.lat)), 1e-3))
    return Point(max(-90.0, min(90.0, lat)), (lon + 180.0) % 360.0 - 180.0)


class Map:
    """Keys of things and where they are."""

    def __init__(self, places: Iterable[tuple[str, Point]]) -> None:
        self._cells: dict[tuple[int, int], list[tuple[str, float, float, float]]] = defaultdict(list)
        for key, point in places:
            lat, lon = math.radians(point.lat), math.radians(point.lon)
            self._cells[_cell(point)].append((key, lat, lon, math.cos(lat)))

    def within(self, centre: Point, km: float) -> dict[str, float]:
        """Return the things within `km` [km] of `centre` and their distances [km]; not across the 180th meridian."""
        high = km / _KM_A_DEGREE
        wide = high / max(math.cos(math.radians(min(abs(centre.lat) + high, 89.0))), 1e-3)
        south, west = _cell(Point(centre.lat - high, centre.lon - wide))
        north, east = _cell(Point(centre.lat + high, centre.lon + wide))
        lat, lon = math.radians(centre.lat), math.radians(centre.lon)
        cosine, most = math.cos(lat), math.sin(km / (2 * RADIUS)) ** 2
        found = {}
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                for key, lat_there, lon_there, cosine_there in self._cells.get((row, column), ()):
                    chord = (
                        math.sin((lat_there - lat) / 2) ** 2
                        + cosine * cosine_there * math.sin((lon_there - lon) / 2) ** 2
                    )
                    if chord <= most:
                        found[key] = 2 * RADIUS * math.asin(math.sqrt(chord))
        return found


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point.lat / CELL), math.floor(point.lon / CELL)
