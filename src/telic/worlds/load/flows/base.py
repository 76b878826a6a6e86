"""What every flow needs: its operation, a judge for refusals, references to draw."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Protocol

from telic.errors import InvalidDesign
from telic.model.design import ServiceOperation
from telic.model.intent import Field, Operation
from telic.worlds.load import values
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned

RIGHT = Finding()


class Flow(Protocol):
    """Users of one operation of the intent."""

    def ask(self, planned: Planned) -> Ask:
        """Return what the user of a planned request asks, given what is believed now."""
        ...


def wrong(what: str) -> Finding:
    """Return the finding of an answer that says something untrue."""
    return Finding(f"wrong_{what}")


def refusal(answer: Answer, offered: ServiceOperation, *, untrue: tuple[str, ...] = ()) -> Finding | None:
    """Judge an answer that is not a reply: None for a reply.

    Parameters
    ----------
    untrue
        Business errors that cannot be, by all that is known.
    """
    if answer.problem:
        return Finding(answer.problem)
    if answer.status == 200:
        return None
    if answer.status != 422:
        return Finding(f"status_{answer.status}")
    if answer.error in untrue:
        return wrong(answer.error)
    return RIGHT if offered.errors.get(answer.error) == "good" else Finding(answer.error or "status_422")


def differs(reply: Mapping[str, object], expected: Mapping[str, object]) -> str:
    """Return the first field whose value is not the expected one; ``""`` when all are.

    Examples
    --------
    >>> differs({"stars": 4, "body": "fine"}, {"stars": 5})
    'stars'
    """
    for name, value in expected.items():
        found = reply.get(name)
        if found != value and not _same(found, value):
            return name
    return ""


def objects(reply: object, offered: ServiceOperation) -> list[dict[str, object]] | None:
    """Return the things that a reply lists; None when it is no such reply."""
    if not isinstance(reply, dict):
        return None
    name = next((each.name for each in offered.reply if each.type.many), "")
    found = reply.get(name)
    if not isinstance(found, list) and len(reply) == 1:
        found = next(iter(reply.values()))  # a list called by its plural
    if not isinstance(found, list) or not set(map(type, found)) <= {dict}:
        return None
    return found


class Drawing:
    """Draws what users refer to: a thing by the popularity of its key, a user evenly."""

    def __init__(self, beliefs: Beliefs) -> None:
        self.beliefs, self.knowledge = beliefs, beliefs.knowledge
        self.first_day = values.day_of(beliefs.now())

    def popular(self, entity: str, rank: int) -> Thing:
        """Return the thing of a popularity rank; ranks beyond the last begin again at the first."""
        things = self.all(entity)
        return things[rank % len(things)]

    def evenly(self, entity: str, draws: random.Random) -> Thing:
        """Return any thing, each as likely as the other."""
        return draws.choice(self.all(entity))

    def reference(self, field: Field, planned: Planned, draws: random.Random) -> str:
        """Return the key that a field of type ref gets."""
        if self.logs_in(field.type.target):
            return self.evenly(field.type.target, draws).key
        return self.popular(field.type.target, planned.rank).key

    def logs_in(self, entity: str) -> bool:
        """Whether things of this entity are users with a password."""
        return any(each.type.base == "secret" for each in self.knowledge.intent.entity(entity).fields)

    def fill(
        self, fields: tuple[Field, ...], planned: Planned, draws: random.Random, given: Mapping[str, object]
    ) -> dict[str, object]:
        """Return a request's body: what is given, and drawn values for the rest."""
        body: dict[str, object] = {}
        for each in fields:
            if each.name in given:
                body[each.name] = given[each.name]
            elif each.type.base == "ref":
                body[each.name] = self.reference(each, planned, draws)
            elif each.type.base == "email":
                body[each.name] = values.email(self.beliefs.run, planned.number)
            elif each.type.base == "secret":
                body[each.name] = values.secret(draws)
            else:
                body[each.name] = values.plain(each.type, draws, self.first_day)
        return body

    def key(self, planned: Planned, step: str = "") -> str:
        """Return an idempotency key for a planned request."""
        return f"{self.beliefs.run}-{planned.number}{step}"

    def all(self, entity: str) -> tuple[Thing, ...]:
        """Return the seed's things, the most popular first; there has to be one."""
        things = self.knowledge.popular(entity)
        if not things:
            raise InvalidDesign(
                f"{self.knowledge.design.system}: no seed data for {entity}", hint="the load refers to things of it"
            )
        return things


def one_offered(beliefs: Beliefs, operation: Operation) -> ServiceOperation:
    """Return the one operation of the entry service that serves `operation`."""
    found = beliefs.knowledge.serving(operation)
    return next((each for each in found if each.name == operation.name), found[0])


def _same(found: object, expected: object) -> bool:
    if isinstance(found, float) or isinstance(expected, float):
        return isinstance(found, int | float) and isinstance(expected, int | float) and abs(found - expected) <= 1e-6
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_same(found[each], expected[each]) for each in expected)
    return found == expected
