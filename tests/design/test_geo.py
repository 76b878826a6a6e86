"""The grid covers every circle, and distances are those of a sphere."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from telic.design.geo import EARTH_RADIUS, cell_of, cells_around, distance, line_of, lines

lats = st.floats(-85, 85)
lons = st.floats(-180, 180)


@settings(deadline=None)
@given(lats, lons, st.floats(0.01, 50), st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_every_point_of_a_circle_lies_in_a_cell_around_its_centre(
    lat: float, lon: float, km: float, bearing: float, share: float
) -> None:
    angle = share * km / EARTH_RADIUS
    south, east = math.radians(lat), math.radians(lon)
    north = math.asin(math.sin(south) * math.cos(angle) + math.cos(south) * math.sin(angle) * math.cos(bearing))
    west = east + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(south), math.cos(angle) - math.sin(south) * math.sin(north)
    )
    other_lat, other_lon = math.degrees(north), (math.degrees(west) + 180) % 360 - 180
    if distance(lat, lon, other_lat, other_lon) <= km:
        assert cell_of(other_lat, other_lon) in cells_around(lat, lon, km)


@settings(deadline=None)
@given(lats, lons, lats, lons)
def test_distance_is_symmetric_and_bounded(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    there = distance(lat, lon, other_lat, other_lon)
    assert math.isclose(there, distance(other_lat, other_lon, lat, lon), abs_tol=1e-6)
    assert 0 <= there <= math.pi * EARTH_RADIUS + 1e-6


@settings(deadline=None)
@given(lats, lons, st.lists(st.tuples(lats, lons), max_size=5))
def test_lines_rank_like_distances(lat: float, lon: float, places: list[tuple[float, float]]) -> None:
    for line, (other_lat, other_lon) in zip(lines(lat, lon, places), places, strict=True):
        assert math.isclose(line, line_of(distance(lat, lon, other_lat, other_lon)), abs_tol=1e-6)


def test_a_small_circle_needs_few_cells() -> None:
    assert len(cells_around(52.52, 13.405, 2.0)) <= 20
    assert len(set(cells_around(0.0, 180.0, 5.0))) == len(cells_around(0.0, 180.0, 5.0))


def test_cells_fit_the_column() -> None:
    assert 0 <= cell_of(-90.0, -180.0) < cell_of(90.0, 180.0) < 2**31
