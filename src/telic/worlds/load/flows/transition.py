"""``transition``: users move along what they reserved before; whoever has nothing reserves first."""

from __future__ import annotations

from telic.errors import InvalidDesign
from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs, Life
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, Flow, differs, one_offered, refusal, wrong
from telic.worlds.load.plan import Planned

FRESH = 0.5  # of its hold: older ones are left alone, they may run out on the way [1]


class Transition:
    """Users who take a thing from one state to the next, such as paying a booking."""

    def __init__(self, operation: Operation, beliefs: Beliefs, before: Flow | None) -> None:
        if operation.edge is None:
            raise InvalidDesign(f"{operation.id} {operation.name} has no edge", hint="such as edge: held->paid")
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered = one_offered(beliefs, operation)
        self._start, self._to = operation.edge
        self._before = before
        intent = beliefs.knowledge.intent
        self._key = intent.entity(operation.on).key
        self._state = beliefs.knowledge.field_of(operation.on, "state").name
        held = next(
            (each.hold for each in intent.operations if each.kind == "reserve" and each.on == operation.on), 0.0
        )
        initial = next(each.initial for each in intent.states if operation.edge in each.edges)
        self._fresh = held * FRESH if held and initial == self._start else float("inf")
        self._lives = beliefs.lives(operation.on)

    def ask(self, planned: Planned) -> Ask:
        """Move a thing that is believed to be at the start of the edge; else make one, and move it at once."""
        life = self._lives.take(self._start, planned.choices(), since=self._beliefs.now() - self._fresh)
        if life is not None:
            return self._move(planned, life)
        if self._before is None:
            raise InvalidDesign(
                f"{self._operation.id} {self._operation.name}: nothing makes a thing in state {self._start}",
                hint="take the operation out of the workload's mix, or add one that leads there",
            )
        first = self._before.ask(planned)
        return Ask(
            planned.operation,
            first.operation,
            first.body,
            lambda answer: self._then(planned, first.judge(answer)),
            first.token,
            first.key,
        )

    def _then(self, planned: Planned, finding: Finding) -> Finding:
        if finding.reason:
            return finding
        life = self._lives.take(self._start, planned.choices(), since=self._beliefs.now() - self._fresh)
        return Finding(follow=self._move(planned, life)) if life is not None else finding

    def _move(self, planned: Planned, life: Life) -> Ask:
        own = next((each.name for each in self._offered.request if each.type.target == self._operation.on), "")
        body = self._drawing.fill(self._offered.request, planned, planned.choices(), {own: life.key})
        key = self._drawing.key(planned, f"-{self._operation.id}")
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, life), key=key)

    def _judge(self, answer: Answer, life: Life) -> Finding:
        untrue = tuple(self._offered.errors)  # it exists, is in the right state and was never moved before
        refused = refusal(answer, self._offered, untrue=untrue)
        if refused is not None:
            return refused
        reply = answer.reply
        if not isinstance(reply, dict):
            return wrong("shape")
        if reply.get(self._state) != self._to:
            return wrong("state")
        fields = {**life.fields, self._state: self._to}  # a seed's fields say where it was
        if differs(reply, {self._key: life.key, **fields}):
            return wrong("fields")
        self._lives.add(Life(life.key, fields, self._to, self._beliefs.now()))
        return RIGHT
