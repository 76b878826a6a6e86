"""``create``: what is made is as given, and is refused exactly where its precondition does not hold."""

from __future__ import annotations

import random
import re

from telic.errors import InvalidDesign
from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs, Holds
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned

ENTITLED = 0.85  # of users ask for what they may have, the others are to be refused [1]
REQUIRES = re.compile(r"has_([a-z0-9]+)_([a-z0-9_]+)\(([a-z0-9_, ]+)\)")
TRIES = 20  # draws of somebody who is not entitled [1]
REFUSED = "not_allowed"


class Create:
    """Users who add a thing, such as a review of a hotel that they paid for."""

    def __init__(self, operation: Operation, beliefs: Beliefs, accounts: Crud | None) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered, self._accounts = one_offered(beliefs, operation), accounts
        self._key = beliefs.knowledge.intent.entity(operation.on).key
        self._needs = Requirement.read(operation, beliefs)

    def ask(self, planned: Planned) -> Ask:
        """Add a thing, entitled or not."""
        draws, given, token = planned.choices(), dict[str, object](), ""
        if self._accounts is not None and self._operation.auth == "self":
            account = self._accounts.known(draws)
            if account is None:
                return self._accounts.enter(planned)
            own = next(each.name for each in self._offered.request if each.type.target == self._accounts.entity)
            given, token = {own: account.key}, account.token
        elif self._needs is not None:
            given = self._needs.draw(draws, self._drawing)
        body = self._drawing.fill(self._offered.request, planned, draws, given)
        holds: Holds = self._needs.holds(body) if self._needs is not None else "yes"
        sent, key = self._beliefs.now(), self._drawing.key(planned)
        return Ask(
            planned.operation,
            self._offered.name,
            body,
            lambda answer: self._judge(answer, body, holds, sent),
            token=token,
            key=key,
        )

    def _judge(self, answer: Answer, body: dict[str, object], holds: Holds, sent: float) -> Finding:
        untrue = ("not_found", REFUSED) if holds == "yes" else ("not_found",)
        refused = refusal(answer, self._offered, untrue=untrue)
        if refused is not None:
            return refused
        if holds == "no":
            return wrong("allowed")
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        if differs(reply, body):
            return wrong("fields")
        key = reply[self._key]
        self._beliefs.made(self._operation.on, Thing(key, body, sent, self._beliefs.now()))
        return RIGHT


class Requirement:
    """A precondition ``has_<state>_<entity>(<reference>, ...)``."""

    def __init__(self, entity: str, state: str, names: tuple[str, ...], beliefs: Beliefs) -> None:
        self._state, self._names = state, names
        fields = beliefs.knowledge.intent.entity(entity).fields
        self._targets = {each.name: each.type.target for each in fields if each.name in names}
        self._lives = beliefs.lives(entity)
        self._lives.watch(names)

    @classmethod
    def read(cls, operation: Operation, beliefs: Beliefs) -> Requirement | None:
        """Return what an operation requires; None when nothing."""
        if not operation.requires:
            return None
        found = REQUIRES.fullmatch(operation.requires.strip())
        entities = {_snake(each.name): each.name for each in beliefs.knowledge.intent.entities}
        if found is None or found[2] not in entities:
            raise InvalidDesign(
                f"{operation.id} {operation.name}: cannot tell when {operation.requires!r} holds",
                hint="write has_<state>_<entity>(<field>, ...)",
            )
        names = tuple(each.strip() for each in found[3].split(","))
        return cls(entities[found[2]], found[1], names, beliefs)

    def draw(self, draws: random.Random, drawing: Drawing) -> dict[str, object]:
        """Draw the references of somebody who is entitled, or, less often, of somebody who is not."""
        if draws.random() < ENTITLED:
            life = self._lives.any(self._state, draws)
            if life is not None:
                return {name: life.fields[name] for name in self._names}
        for _ in range(TRIES):
            drawn: dict[str, object] = {name: drawing.evenly(of, draws).key for name, of in self._targets.items()}
            if self._lives.holds(self._state, drawn) == "no":
                break
        return drawn

    def holds(self, body: dict[str, object]) -> Holds:
        """Say whether it holds for a request."""
        return self._lives.holds(self._state, {name: body[name] for name in self._names})


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
