"""``upload`` and ``tune``: good data sets are kept and learnt from, bad ones are refused where they come in."""

from __future__ import annotations

import json
import random

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned

MALFORMED = 0.4  # of uploads have a line that is no example: first tries of somebody [1]
FRESH = 0.5  # of those who tune take a data set that somebody uploaded in this run [1]
_LINES = (2, 8)  # of a data set [1]
_WORDS = ("amber", "birch", "calm", "dawn", "fine", "garden", "lake", "mild", "quiet", "sunny")


class Upload:
    """Users who upload something to learn from.

    Attributes
    ----------
    kept
        Keys of what was uploaded and is right.
    """

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered = one_offered(beliefs, operation)
        entity = beliefs.knowledge.intent.entity(operation.on)
        self._key = entity.key
        self._text = next(each.name for each in entity.fields if each.type.base == "str")
        self.kept: list[str] = []

    def ask(self, planned: Planned) -> Ask:
        """Upload a few lines, or lines with a mistake."""
        draws = planned.choices()
        spoilt = draws.random() < MALFORMED
        text, count = lines(draws, spoilt=spoilt)
        body = self._drawing.fill(self._offered.request, planned, draws, {self._text: text})
        sent, key = self._beliefs.now(), self._drawing.key(planned)
        return Ask(
            planned.operation,
            self._offered.name,
            body,
            lambda answer: self._judge(answer, body, 0 if spoilt else count, sent),
            key=key,
        )

    def _judge(self, answer: Answer, body: dict[str, object], count: int, sent: float) -> Finding:
        untrue = ("not_found", "malformed") if count else ("not_found",)
        refused = refusal(answer, self._offered, untrue=untrue)
        if refused is not None:
            return refused
        if not count:
            return wrong("accepted")
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        if differs(reply, {**body, "examples": count}):
            return wrong("fields")
        key = str(reply[self._key])
        self.kept.append(key)
        self._beliefs.made(self._operation.on, Thing(key, body, sent, self._beliefs.now()))
        return RIGHT


class Tune:
    """Users who let a model learn from a data set."""

    def __init__(self, operation: Operation, beliefs: Beliefs, uploads: Upload) -> None:
        self._operation, self._drawing, self._beliefs, self._uploads = operation, Drawing(beliefs), beliefs, uploads
        self._offered = one_offered(beliefs, operation)
        self._key = beliefs.knowledge.intent.entity(operation.on).key
        self._field = next(each.name for each in self._offered.request if each.type.target == uploads._operation.on)

    def ask(self, planned: Planned) -> Ask:
        """Learn from something that was uploaded here, or before."""
        draws, given = planned.choices(), dict[str, object]()
        if self._uploads.kept and draws.random() < FRESH:
            given = {self._field: draws.choice(self._uploads.kept)}
        body = self._drawing.fill(self._offered.request, planned, draws, given)
        sent, key = self._beliefs.now(), self._drawing.key(planned)
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, body, sent), key=key)

    def _judge(self, answer: Answer, body: dict[str, object], sent: float) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        if differs(reply, body) or not isinstance(reply.get("examples"), int):
            return wrong("fields")
        key = str(reply[self._key])
        self._beliefs.made(self._operation.on, Thing(key, body, sent, self._beliefs.now()))
        return RIGHT


def lines(draws: random.Random, *, spoilt: bool) -> tuple[str, int]:
    """Draw the lines of a data set, one of them cut short where it is `spoilt`; and how many they are [1].

    Examples
    --------
    >>> text, count = lines(random.Random(1), spoilt=False)
    >>> len(text.splitlines()) == count
    True
    """
    made = [
        json.dumps({"prompt": f"What is {draws.choice(_WORDS)}?", "completion": " ".join(draws.sample(_WORDS, 3))})
        for _ in range(draws.randint(*_LINES))
    ]
    if spoilt:
        place = draws.randrange(len(made))
        made[place] = made[place][: draws.randint(1, len(made[place]) - 1)]
    return "\n".join(made), len(made)
