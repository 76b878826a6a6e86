"""Reads by GET: what a query string becomes."""

from __future__ import annotations

import msgspec

from telic.runtime import Operation, RequestContext
from telic.runtime.server.route import Route
from telic.runtime.telemetry.metrics import Metrics


class Place(msgspec.Struct):
    lat: float
    lon: float


class Ask(msgspec.Struct):
    at: Place
    kinds: list[str] = []
    most: int = 10
    open: bool | None = None


async def handler(ask: Ask, context: RequestContext) -> Ask:
    return ask


def read(query: str) -> Ask:
    found = Route(Operation("near", Ask, Ask, handler, read=True), Metrics()).decode_query(query)
    assert isinstance(found, Ask)
    return found


def test_text_becomes_what_the_request_wants() -> None:
    assert read("at.lat=1.5&at.lon=-2&most=3&open=true") == Ask(Place(1.5, -2.0), most=3, open=True)


def test_a_list_may_have_one_or_many() -> None:
    assert read("at.lat=1&at.lon=2&kinds=museum").kinds == ["museum"]
    assert read("at.lat=1&at.lon=2&kinds=museum&kinds=a%20b").kinds == ["museum", "a b"]
