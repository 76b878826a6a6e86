"""Distances agree with an independent formula, and the index with looking at everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.worlds.load.geography import RADIUS, Map, Point, haversine, moved

POINTS = st.builds(Point, st.floats(-84, 84), st.floats(-175, 175))


@given(POINTS, POINTS)
@settings(deadline=None)
def test_haversine_agrees_with_the_angle_between_two_vectors(one: Point, other: Point) -> None:
    def vector(point: Point) -> tuple[float, float, float]:
        lat, lon = math.radians(point.lat), math.radians(point.lon)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    (a, b, c), (x, y, z) = vector(one), vector(other)
    cross = math.hypot(b * z - c * y, c * x - a * z, a * y - b * x)
    angle = math.atan2(cross, a * x + b * y + c * z)
    assert haversine(one, other) == pytest.approx(angle * RADIUS, abs=1e-3)


@given(POINTS, st.lists(st.tuples(st.floats(0, 12), st.floats(0, 6.2)), max_size=30), st.floats(0.1, 10))
@settings(deadline=None)
def test_the_index_finds_what_looking_at_everything_finds(
    centre: Point, offsets: list[tuple[float, float]], km: float
) -> None:
    places = {str(n): moved(centre, far, bearing) for n, (far, bearing) in enumerate(offsets)}
    expected = {name for name, point in places.items() if haversine(centre, point) <= km}
    unsure = {name for name, point in places.items() if abs(haversine(centre, point) - km) < 1e-6}
    found = Map(places.items()).within(centre, km)
    assert found.keys() | unsure == expected | unsure
    assert all(distance == pytest.approx(haversine(centre, places[name]), abs=1e-6) for name, distance in found.items())


@given(POINTS, st.floats(0.1, 20), st.floats(0, 6.2))
@settings(deadline=None)
def test_a_point_moved_is_that_far_away(start: Point, km: float, bearing: float) -> None:
    assert haversine(start, moved(start, km, bearing)) == pytest.approx(km, rel=0.05)
