"""``link`` and ``unlink``: users tie two things together and loosen their own ties; a tie that is there stays."""

from __future__ import annotations

import random

from telic.errors import InvalidDesign
from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned

AGAIN = 0.1  # of users ask for a tie that the seed has already [1]
TRIES = 10  # draws of two that nobody has tied yet [1]
Pair = tuple[str, str]


class Link:
    """Users who tie two things, such as themselves to somebody whom they follow.

    Attributes
    ----------
    tied
        Links that were made here and may be loosened: their things by pair.
    """

    def __init__(self, operation: Operation, beliefs: Beliefs, accounts: Crud | None) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered, self._accounts = one_offered(beliefs, operation), accounts
        entity = beliefs.knowledge.intent.entity(operation.on)
        self._key = entity.key
        self._ends = tuple(each for each in entity.fields if each.type.base == "ref")
        self._seeds = {self.pair(each.fields): each for each in beliefs.knowledge.things(operation.on).values()}
        self._asked: set[Pair] = set(self._seeds)
        self.tied: dict[Pair, Thing] = {}

    def pair(self, fields: object) -> Pair:
        """Return the two ends of a link."""
        assert isinstance(fields, dict)
        near, far = (str(fields[each.name]) for each in self._ends)
        return near, far

    def ask(self, planned: Planned) -> Ask:
        """Tie two things that are not tied yet; now and then two that are."""
        draws, given, token = planned.choices(), dict[str, object](), ""
        if self._accounts is not None and self._operation.auth == "self":
            account = self._accounts.known(draws)
            if account is None:
                return self._accounts.enter(planned)
            own = next(each.name for each in self._ends if each.type.target == self._accounts.entity)
            given, token = {own: account.key}, account.token
        given = self._drawn(planned, draws, given)
        body = self._drawing.fill(self._offered.request, planned, draws, given)
        pair, sent = self.pair(body), self._beliefs.now()
        fresh = pair not in self._asked
        self._asked.add(pair)
        return Ask(
            planned.operation,
            self._offered.name,
            body,
            lambda answer: self._judge(answer, body, sent if fresh else None),
            token=token,
            key=self._drawing.key(planned),
        )

    def _drawn(self, planned: Planned, draws: random.Random, given: dict[str, object]) -> dict[str, object]:
        near, far = self._ends
        if not given and self._seeds and draws.random() < AGAIN:
            pair = draws.choice(list(self._seeds))
            return dict(zip((near.name, far.name), pair, strict=True))
        for turn in range(TRIES):
            free = draws.random() * TRIES < turn  # the popular are tied already: look further and further
            ends = {
                near.name: self._drawing.evenly(near.type.target, draws).key,
                far.name: self._drawing.evenly(far.type.target, draws).key
                if free
                else self._drawing.popular(far.type.target, planned.rank).key,
                **given,
            }
            if self.pair(ends) not in self._asked and ends[near.name] != ends[far.name]:
                break
        return ends

    def _judge(self, answer: Answer, body: dict[str, object], sent: float | None) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        reply, pair = answer.reply, self.pair(body)
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        known = self._seeds.get(pair)
        if differs(reply, {each.name: body[each.name] for each in self._ends} if sent is None else body):
            return wrong("fields")
        if known is not None and reply[self._key] != known.key:
            return wrong("twice")
        if sent is not None:
            thing = Thing(reply[self._key], body, sent, self._beliefs.now())
            self.tied[pair] = thing
            self._beliefs.made(self._operation.on, thing)
        return RIGHT


class Unlink:
    """Users who loosen a tie of theirs; whoever has none makes one first."""

    def __init__(self, operation: Operation, beliefs: Beliefs, links: Link | None) -> None:
        if links is None:
            raise InvalidDesign(
                f"{operation.id} {operation.name}: no operation makes a {operation.on}",
                hint=f"add one of kind link on {operation.on}, or take this one out of the workload's mix",
            )
        if operation.auth == "self":
            raise InvalidDesign(
                f"{operation.id} {operation.name}: the load cannot loosen ties with auth self",
                hint="take it out of the workload's mix",
            )
        self._operation, self._drawing, self._beliefs, self._links = operation, Drawing(beliefs), beliefs, links
        self._offered = one_offered(beliefs, operation)

    def ask(self, planned: Planned) -> Ask:
        """Loosen a tie that was made here."""
        if self._links.tied:
            return self._loosen(planned)
        first = self._links.ask(planned)

        def then(answer: Answer) -> Finding:
            finding = first.judge(answer)
            loose = not finding.reason and bool(self._links.tied)
            return Finding(follow=self._loosen(planned)) if loose else finding

        return Ask(planned.operation, first.operation, first.body, then, first.token, first.key)

    def _loosen(self, planned: Planned) -> Ask:
        pair = planned.choices().choice(list(self._links.tied))
        thing = self._links.tied.pop(pair)
        self._beliefs.unmade(self._operation.on, thing)
        body = {each.name: thing.fields[each.name] for each in self._offered.request}
        key = self._drawing.key(planned, f"-{self._operation.id}")
        return Ask(planned.operation, self._offered.name, body, self._judge, key=key)

    def _judge(self, answer: Answer) -> Finding:
        refused = refusal(answer, self._offered, untrue=tuple(self._offered.errors))
        if refused is not None:
            return refused
        removed = isinstance(answer.reply, dict) and answer.reply.get("removed") is True
        return RIGHT if removed else wrong("kept")
