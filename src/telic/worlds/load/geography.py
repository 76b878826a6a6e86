"""Distances on the globe and what lies near a point: the generator's own, to check the system's against."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

RADIUS = 6371.0088  # of the earth, mean [km], IUGG
CELL = 0.02  # edge of a cell of the index [degrees]
REMEMBERED = 10_000  # places whose neighbours are kept [1]
_KM_A_DEGREE = RADIUS * math.pi / 180.0


class Point(NamedTuple):
    """A place [degrees]."""

    lat: float
    lon: float


class Spot(NamedTuple):
    """A place as a vector from the middle of the earth to its surface, in radii [1]."""

    x: float
    y: float
    z: float


def spot(point: Point) -> Spot:
    """Return a place as a vector: distances between vectors need no more sines."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    level = math.cos(lat)
    return Spot(level * math.cos(lon), level * math.sin(lon), math.sin(lat))


def stretch(km: float) -> float:
    """Return the straight line between two places that are `km` [km] apart, in radii of the earth [1].

    Examples
    --------
    >>> round(arc(stretch(877.0)), 6)
    877.0
    """
    return 2 * math.sin(min(km / (2 * RADIUS), math.pi / 2))


def arc(line: float) -> float:
    """Return the distance [km] of two places from the straight line between them, in radii of the earth [1]."""
    return 2 * RADIUS * math.asin(min(1.0, line / 2))


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


class Near(NamedTuple):
    """Things around a place, the nearest first."""

    keys: tuple[str, ...]
    distances: tuple[float, ...]  # [km]


class Map:
    """Keys of things and where they are."""

    def __init__(self, places: Iterable[tuple[str, Point]]) -> None:
        self._near: dict[tuple[Point, float], Near] = {}
        self._cells: dict[tuple[int, int], list[tuple[str, Spot]]] = defaultdict(list)
        for key, point in places:
            self._cells[_cell(point)].append((key, spot(point)))

    def within(self, centre: Point, km: float) -> dict[str, float]:
        """Return the things within `km` [km] of `centre` and their distances [km]; not across the 180th meridian."""
        high = km / _KM_A_DEGREE
        wide = high / max(math.cos(math.radians(min(abs(centre.lat) + high, 89.0))), 1e-3)
        south, west = _cell(Point(centre.lat - high, centre.lon - wide))
        north, east = _cell(Point(centre.lat + high, centre.lon + wide))
        here, most = spot(centre), stretch(km)
        found = {}
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                for key, there in self._cells.get((row, column), ()):
                    line = math.dist(here, there)
                    if line <= most:
                        found[key] = arc(line)
        return found

    def near(self, centre: Point, km: float) -> Near:
        """Return the same things, the nearest first; places that are asked for again and again cost nothing."""
        place = (centre, km)
        if place not in self._near:
            ordered = sorted(self.within(centre, km).items(), key=lambda each: each[1])
            if len(self._near) >= REMEMBERED:
                self._near.clear()
            self._near[place] = Near(tuple(key for key, _ in ordered), tuple(distance for _, distance in ordered))
        return self._near[place]


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point.lat / CELL), math.floor(point.lon / CELL)
