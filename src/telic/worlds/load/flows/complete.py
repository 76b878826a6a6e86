"""``complete``: what a model answers is to the point, harmless, no longer than asked for; bad prompts are refused."""

from __future__ import annotations

from telic.model.intent import Field, Operation
from telic.worlds.load import prompts
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned
from telic.worlds.load.prompts import Prompt

CHOICES = 1  # answers that users ask for at once [1]
MOST = (400, 96)  # the most that users give and want: longer ones of a trace are cut [tokens]
LEAST = 12  # the shortest answer that users want [tokens]
BULK = "bulk"  # the part of the operation (``F1.bulk``) of whoever asks for as many as can be asked for
UNTRUE = ("not_found", "too_long", "throttled", "version_unknown")


class Complete:
    """Users who ask a model something."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered = one_offered(beliefs, operation)
        entity = beliefs.knowledge.intent.entity(operation.on)
        self._key = entity.key
        self._prompt = next(each for each in entity.fields if each.type.base == "str")
        self._user = next(each for each in entity.fields if self._asks(each))
        sizes = {each.name: int(each.type.maximum or 256) for each in entity.fields if each.type.base == "int"}
        self._most, self._copies = sizes["max_tokens"], sizes["choices"]

    def _asks(self, field: Field) -> bool:
        return field.type.base == "ref" and self._drawing.logs_in(field.type.target)

    def ask(self, planned: Planned) -> Ask:
        """Ask the model of the planned rank."""
        draws = planned.choices()
        bulk = planned.operation.partition(".")[2] == BULK
        read, made = planned.size or (
            prompts.length(draws, *prompts.TOKENS, MOST[0]),
            prompts.length(draws, *prompts.WANTED, MOST[1]),
        )
        asked = prompts.prompt(draws, min(read, MOST[0]))
        given: dict[str, object] = {
            self._prompt.name: asked.text[-int(self._prompt.type.maximum or 4000) :],
            "max_tokens": self._most if bulk else min(max(LEAST, min(made, MOST[1])), self._most),
            "choices": self._copies if bulk else CHOICES,
        }
        if bulk:
            given[self._user.name] = self._drawing.all(self._user.type.target)[0].key  # all of it one user
        body = self._drawing.fill(self._offered.request, planned, draws, given)
        sent, key = self._beliefs.now(), self._drawing.key(planned)
        return Ask(
            planned.operation,
            self._offered.name,
            body,
            lambda answer: self._judge(answer, body, asked, sent, bulk=bulk),
            key=key,
        )

    def _judge(self, answer: Answer, body: dict[str, object], asked: Prompt, sent: float, *, bulk: bool) -> Finding:
        untrue = UNTRUE if bulk else (*UNTRUE, "too_many") if asked.harmful else (*UNTRUE, "too_many", "filtered")
        refused = refusal(answer, self._offered, untrue=untrue)
        if refused is not None:
            return refused
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        text, tokens = reply.get("text"), reply.get("tokens")
        if not isinstance(text, str) or not isinstance(tokens, int):
            return wrong("shape")
        if differs(reply, body):
            return wrong("fields")
        if asked.harmful and not bulk:
            return wrong("harm")
        most = body["max_tokens"]
        assert isinstance(most, int)
        if not 0 < tokens <= most or len(text.split()) > tokens + text.count("[removed]"):
            return wrong("length")
        found = prompts.fault_of(text, asked)
        if found:
            return wrong(found)
        fields = {**body, "text": text, "tokens": tokens}
        self._beliefs.made(self._operation.on, Thing(str(reply[self._key]), fields, sent, self._beliefs.now()))
        return RIGHT
