"""``find_similar``: what is found is of the collection, the likest come first, the likest known is among it."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.plan import Planned

CLOSE = 1e-3  # likenesses that differ by less are the same: vectors are computed in several ways [1]


class FindSimilar:
    """Users who look for a text by words of it."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing = operation, Drawing(beliefs)
        self._offered = one_offered(beliefs, operation)
        entity = beliefs.knowledge.intent.entity(operation.on)
        self._key = entity.key
        self._text = next(each.name for each in entity.fields if each.type.base == "str")
        self._field = next(each for each in self._offered.request if each.name == operation.by)
        self._known = beliefs.list_by(operation.on, operation.by)

    def ask(self, planned: Planned) -> Ask:
        """Look in the collection of the planned rank for something that is there."""
        draws = planned.choices()
        value = self._drawing.popular(self._field.type.target, planned.rank).key
        known = list(self._known.get(value, {}).values()) or [self._drawing.evenly(self._operation.on, draws)]
        query = " ".join(str(draws.choice(known).fields[self._text]).lower().split()[:4])
        body: dict[str, object] = {self._field.name: value, "query": query}
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, value, query))

    def _judge(self, answer: Answer, value: str, query: str) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        found = objects(answer.reply, self._offered)
        if found is None:
            return wrong("shape")
        known, wanted = self._known.get(value, {}), _vector(query)
        for each in found:
            if each.get(self._field.name) != value:
                return wrong("reference")
            before = known.get(str(each.get(self._key)))
            if before is not None and differs(each, before.fields):
                return wrong("fields")
        measured = [_likeness(wanted, _vector(str(each.get(self._text)))) for each in found]
        if any(after > before + CLOSE for before, after in pairwise(measured)):
            return wrong("order")
        best = max((_likeness(wanted, _vector(str(each.fields[self._text]))) for each in known.values()), default=0.0)
        return RIGHT if best <= CLOSE or (measured and measured[0] >= best - CLOSE) else wrong("missing")


def _vector(text: str) -> Counter[str]:
    return Counter(re.findall(r"[a-z0-9]+", text.lower()))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    norm = math.hypot(*one.values()) * math.hypot(*other.values())
    return sum(count * other[each] for each, count in one.items()) / norm if norm else 0.0
