"""``reserve``: the reply is a hold of what was asked for; users remember it, to pay it later."""

from __future__ import annotations

from telic.model.intent import Operation
from telic.worlds.load import values
from telic.worlds.load.beliefs import Beliefs, Life
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.plan import Planned


class Reserve:
    """Users who take a share of a stock for some days."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered = one_offered(beliefs, operation)
        knowledge = beliefs.knowledge
        self._key = knowledge.intent.entity(operation.on).key
        self._state = knowledge.field_of(operation.on, "state")
        machine = next(each for each in knowledge.intent.states if each.name == self._state.type.target)
        self._initial = machine.initial
        self._lives = beliefs.lives(operation.on)

    def ask(self, planned: Planned) -> Ask:
        """Reserve some of the thing of the planned rank."""
        draws = planned.choices()
        given = {
            each.name: values.amount(each.type, draws) for each in self._offered.request if each.type.base == "int"
        }
        body = self._drawing.fill(self._offered.request, planned, draws, given)
        key = self._drawing.key(planned)
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, body), key=key)

    def _judge(self, answer: Answer, body: dict[str, object]) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        if reply.get(self._state.name) != self._initial:
            return wrong("state")
        if differs(reply, body):
            return wrong("fields")
        self._lives.add(Life(reply[self._key], body, self._initial, self._beliefs.now()))
        return RIGHT
