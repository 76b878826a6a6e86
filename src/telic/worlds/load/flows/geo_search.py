"""``geo_search``: every thing found is really there, within the circle, nearest first, and none is missing."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from telic.model.intent import Operation
from telic.worlds.load import values
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.geography import Point, haversine, moved
from telic.worlds.load.knowledge import point_of
from telic.worlds.load.plan import Planned

CIRCLES = (1.0, 2.0, 3.0, 5.0)  # how far users look [km]
SLACK = 0.01  # formulas and rounded coordinates differ by so much [km]
ENOUGH = 3  # so many things known within the circle cannot all be taken [1]


class GeoSearch:
    """Users who look for things near a place, or near another thing."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing = operation, Drawing(beliefs)
        self._offered = one_offered(beliefs, operation)
        self._knowledge, on = beliefs.knowledge, operation.on
        self._place, self._key = self._knowledge.field_of(on, "geo").name, self._knowledge.intent.entity(on).key
        things = self._knowledge.things(on).values()
        self._things = {each.key: {self._key: each.key, **each.fields} for each in things}
        self._map = self._knowledge.map(on)
        self._grows = self._knowledge.grows(on)

    def ask(self, planned: Planned) -> Ask:
        """Look around the thing of the planned rank."""
        draws, body = planned.choices(), dict[str, object]()
        centre, km = Point(0.0, 0.0), draws.choice(CIRCLES)
        for each in self._offered.request:
            if each.type.base == "geo":
                centre = self._near(planned, draws, km)
                body[each.name] = {"lat": centre.lat, "lon": centre.lon}
            elif each.type.base == "ref":
                thing = self._drawing.popular(each.type.target, planned.rank)
                centre = point_of(thing.fields[self._knowledge.field_of(each.type.target, "geo").name])
                body[each.name] = thing.key
            elif each.type.base == "float":
                km = min(km, each.type.maximum or km)
                body[each.name] = km
            elif each.type.base == "daterange":
                body[each.name] = values.days(draws, self._drawing.first_day)
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, centre, km))

    def _near(self, planned: Planned, draws: random.Random, km: float) -> Point:
        thing = self._drawing.popular(self._operation.on, planned.rank)
        start = point_of(thing.fields[self._place])
        there = moved(start, draws.uniform(0, km / 2), draws.uniform(0, 2 * math.pi))
        return Point(round(there.lat, 5), round(there.lon, 5))

    def _judge(self, answer: Answer, centre: Point, km: float) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        found = objects(answer.reply, self._offered)
        if found is None:
            return wrong("shape")
        return self._check(found, centre, km)

    def _check(self, found: list[dict[str, object]], centre: Point, km: float) -> Finding:
        last, names = 0.0, set[str]()
        for each in found:
            name = str(each.get(self._key))
            known = self._things.get(name)
            if known is None and not self._grows:
                return wrong("thing")
            if known is not None and each != known and differs(each, known):
                return wrong("fields")
            distance = haversine(centre, point_of(each.get(self._place)))
            if distance > km + SLACK:
                return wrong("distance")
            if distance < last - SLACK:
                return wrong("order")
            last = distance
            names.add(name)
        if len(names) < len(found):
            return wrong("twice")
        if self._operation.filter and names:
            return RIGHT  # which of the others are free, nobody but the system knows
        return self._missing(names, last, self._map.within(centre, km - SLACK))

    def _missing(self, names: set[str], last: float, near: Mapping[str, float]) -> Finding:
        """Nothing that is known may be left out: everything nearer than the last is there, and not nothing at all."""
        if not names:
            return wrong("nothing_found") if len(near) >= (ENOUGH if self._operation.filter else 1) else RIGHT
        gaps = any(distance < last - SLACK and name not in names for name, distance in near.items())
        return wrong("gap") if gaps else RIGHT
