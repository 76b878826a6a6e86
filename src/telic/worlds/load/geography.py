"""Distances on the globe and what lies near a point: the generator's own, to check the system's against."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

RADIUS = 6371.0088  # of the earth, mean [km], IUGG
CELL = 0.1  # edge of a cell of the index [degrees]
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
        self._cells: dict[tuple[int, int], list[tuple[str, Point]]] = defaultdict(list)
        for key, point in places:
            self._cells[_cell(point)].append((key, point))

    def within(self, centre: Point, km: float) -> dict[str, float]:
        """Return the things within `km` [km] of `centre` and their distances [km]; not across the 180th meridian."""
        high = km / _KM_A_DEGREE
        wide = high / max(math.cos(math.radians(min(abs(centre.lat) + high, 89.0))), 1e-3)
        first, last = (
            _cell(Point(centre.lat - high, centre.lon - wide)),
            _cell(Point(centre.lat + high, centre.lon + wide)),
        )
        found = {}
        for row in range(first[0], last[0] + 1):
            for column in range(first[1], last[1] + 1):
                for key, point in self._cells.get((row, column), ()):
                    distance = haversine(centre, point)
                    if distance <= km:
                        found[key] = distance
        return found


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point.lat / CELL), math.floor(point.lon / CELL)
