"""``geo_search``: every thing found is really there, within the circle, nearest first, and none is missing."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from itertools import pairwise, repeat

import msgspec

from telic.model.intent import Operation
from telic.worlds.load import values
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.geography import REMEMBERED, Near, Point, Spot, arc, moved, spot, stretch
from telic.worlds.load.knowledge import point_of
from telic.worlds.load.plan import Planned

CIRCLES = (1.0, 2.0, 3.0, 5.0)  # how far users look [km]
SLACK = 0.01  # formulas and rounded coordinates differ by so much [km]
ENOUGH = 3  # so many things known within the circle cannot all be taken [1]

_PARTS, _THING = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]), msgspec.json.Decoder()


class GeoSearch:
    """Users who look for things near a place, or near another thing."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing = operation, Drawing(beliefs)
        self._offered = one_offered(beliefs, operation)
        self._knowledge, on = beliefs.knowledge, operation.on
        self._place, self._key = self._knowledge.field_of(on, "geo").name, self._knowledge.intent.entity(on).key
        things = self._knowledge.things(on).values()
        self._things = {each.key: {self._key: each.key, **each.fields} for each in things}
        self._spots = {each.key: spot(point_of(each.fields[self._place])) for each in things}
        self._map = self._knowledge.map(on)
        self._seen: dict[bytes, tuple[str, Spot]] = {}  # things as answers write them
        self._starts: list[Point] = []  # of the things by popularity, once they are asked for
        self._grows = self._knowledge.grows(on)
        self._asked = [(each.name, each.type.base, each.type.target) for each in self._offered.request]
        widest = (each.type.maximum for each in self._offered.request if each.type.base == "float")
        most = min((each for each in widest if each), default=math.inf)
        self._circles = tuple(min(each, most) for each in CIRCLES)

    def ask(self, planned: Planned) -> Ask:
        """Look around the thing of the planned rank."""
        draws, body = planned.choices(), dict[str, object]()
        centre, km = Point(0.0, 0.0), draws.choice(self._circles)
        for name, base, target in self._asked:
            if base == "geo":
                centre = self._near(planned, draws, km)
                body[name] = {"lat": centre.lat, "lon": centre.lon}
            elif base == "ref":
                thing = self._drawing.popular(target, planned.rank)
                centre = point_of(thing.fields[self._knowledge.field_of(target, "geo").name])
                body[name] = thing.key
            elif base == "float":
                body[name] = km
            elif base == "daterange":
                body[name] = values.days(draws, self._drawing.first_day)
        return Ask(
            planned.operation,
            self._offered.name,
            body,
            lambda answer: self._judge(answer, centre, km),
            glance=lambda text: self._glance(text, centre, km),
        )

    def _near(self, planned: Planned, draws: random.Random, km: float) -> Point:
        if not self._starts:
            things = self._drawing.all(self._operation.on)
            self._starts = [point_of(each.fields[self._place]) for each in things]
        start = self._starts[planned.rank % len(self._starts)]
        lat, lon = moved(start, draws.random() * km / 2, draws.random() * 2 * math.pi)
        return Point(round(lat, 5), round(lon, 5))

    def _judge(self, answer: Answer, centre: Point, km: float) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        found = objects(answer.reply, self._offered)
        if found is None:
            return wrong("shape")
        return self._check(found, centre, km)

    def _glance(self, text: bytes, centre: Point, km: float) -> Finding | None:
        """Know a right answer by things whose very bytes were right before; everything else has to be read."""
        try:
            (things,) = _PARTS.decode(text).values()
        except (msgspec.DecodeError, ValueError):
            return None
        texts = list(map(bytes, things))
        seen = list(map(self._seen.get, texts))
        known = [one or self._learn(text) for one, text in zip(seen, texts, strict=True)] if None in seen else seen
        if None in known:
            return None
        names, spots = {name for name, _ in filter(None, known)}, (there for _, there in filter(None, known))
        lines = list(map(math.dist, repeat(spot(centre)), spots))
        if len(names) < len(things) or lines != sorted(lines) or (lines and lines[-1] > stretch(km + SLACK)):
            return None
        if self._operation.filter and names:
            return RIGHT
        found = self._missing(names, arc(lines[-1]) if lines else 0.0, self._map.near(centre, km - SLACK))
        return None if found.reason else RIGHT

    def _learn(self, text: bytes) -> tuple[str, Spot] | None:
        """Read one thing; remember it when it is as it is known to be."""
        thing = _THING.decode(text)
        name = str(thing.get(self._key)) if isinstance(thing, dict) else ""
        known = self._things.get(name)
        if known is None or differs(thing, known):
            return None
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        self._seen[text] = (name, self._spots[name])
        return self._seen[text]

    def _check(self, found: list[dict[str, object]], centre: Point, km: float) -> Finding:
        names = [str(each.get(self._key)) for each in found]
        known = [self._things.get(name) for name in names]
        if None in known and not self._grows:
            return wrong("thing")
        if found != known and any(
            fields is not None and differs(each, fields) for each, fields in zip(found, known, strict=True)
        ):
            return wrong("fields")
        lines = self._lines(found, names, centre)
        if max(lines, default=0.0) > stretch(km + SLACK):
            return wrong("distance")
        if lines != sorted(lines) and any(arc(b) < arc(a) - SLACK for a, b in pairwise(lines)):
            return wrong("order")
        if len(set(names)) < len(names):
            return wrong("twice")
        if self._operation.filter and names:
            return RIGHT  # which of the others are free, nobody but the system knows
        return self._missing(set(names), arc(lines[-1]) if lines else 0.0, self._map.near(centre, km - SLACK))

    def _lines(self, found: list[dict[str, object]], names: list[str], centre: Point) -> list[float]:
        """Return the straight line from `centre` to each thing, in radii of the earth [1]."""
        here, there = spot(centre), [self._spots.get(name) for name in names]
        return [
            math.dist(here, known or spot(point_of(each.get(self._place))))
            for each, known in zip(found, there, strict=True)
        ]

    def _missing(self, names: set[str], last: float, near: Near) -> Finding:
        """Nothing that is known may be left out: everything nearer than the last is there, and not nothing at all."""
        if not names:
            return wrong("nothing_found") if len(near.keys) >= (ENOUGH if self._operation.filter else 1) else RIGHT
        nearer = near.keys[: bisect_left(near.distances, last - SLACK)]
        return RIGHT if names.issuperset(nearer) else wrong("gap")
