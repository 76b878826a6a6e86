"""``find_by_prefix``: what is found begins so, stands in order, and nothing known before the last is missing."""

from __future__ import annotations

from itertools import pairwise

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.plan import Planned

TYPED = (1, 2, 3, 4, 6, 9)  # letters that users have typed when they look [1]


class FindByPrefix:
    """Users who type the beginning of a name."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing = operation, Drawing(beliefs)
        self._offered = one_offered(beliefs, operation)
        self._key = beliefs.knowledge.intent.entity(operation.on).key
        self._things = beliefs.knowledge.things(operation.on)
        self._sorted = sorted((self._folded(each.fields), each.key) for each in self._things.values())
        self._longest = int(self._offered.request[0].type.maximum or max(TYPED))

    def ask(self, planned: Planned) -> Ask:
        """Type the beginning of the name of the thing of the planned rank."""
        draws = planned.choices()
        name = str(self._drawing.popular(self._operation.on, planned.rank).fields[self._operation.by])
        prefix = name[: min(draws.choice(TYPED), self._longest)]
        prefix = prefix.lower() if prefix.isascii() and draws.random() < 0.5 else prefix
        body: dict[str, object] = {self._offered.request[0].name: prefix}
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, prefix))

    def _judge(self, answer: Answer, prefix: str) -> Finding:
        refused = refusal(answer, self._offered)
        if refused is not None:
            return refused
        found = objects(answer.reply, self._offered)
        if found is None:
            return wrong("shape")
        begins = prefix.encode().lower()
        places = [(self._folded(each), str(each.get(self._key))) for each in found]
        if not all(text.startswith(begins) for text, _ in places):
            return wrong("prefix")
        if any(after < before for before, after in pairwise(places)):
            return wrong("order")
        if len({key for _, key in places}) < len(places):
            return wrong("twice")
        for each, (_, key) in zip(found, places, strict=True):
            if key in self._things and differs(each, self._things[key].fields):
                return wrong("fields")
        return self._missing(places, begins)

    def _missing(self, places: list[tuple[bytes, str]], begins: bytes) -> Finding:
        known = [each for each in self._sorted if each[0].startswith(begins)]
        if known and not places:
            return wrong("nothing_found")
        before = {each for each in known if each < places[-1]} if places else set()
        return RIGHT if before <= set(places) else wrong("gap")

    def _folded(self, fields: object) -> bytes:
        assert isinstance(fields, dict)
        return str(fields.get(self._operation.by)).encode().lower()
