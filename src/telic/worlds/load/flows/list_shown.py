"""``list_by_ref`` with `show`: what is listed is what those things refer to that refer to the one asked about."""

from __future__ import annotations

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.flows.list_by_ref import SETTLED, in_order, missing
from telic.worlds.load.plan import Planned


class ListShown:
    """Users who read what others refer to, such as the posts of those whom they follow."""

    def __init__(self, operation: Operation, beliefs: Beliefs, accounts: Crud | None) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered, self._accounts = one_offered(beliefs, operation), accounts
        knowledge = beliefs.knowledge
        self._field = next(each for each in self._offered.request if each.name == operation.by)
        entity = knowledge.intent.entity(operation.on)
        self._target = next(each.type.target for each in entity.fields if each.name == operation.show)
        target = knowledge.intent.entity(self._target)
        self._key, self._things = target.key, knowledge.things(self._target)
        self._fixed = [each.name for each in target.fields if each.type.base not in ("state", "secret")]
        self._known = beliefs.shown(operation.on, operation.by, operation.show)
        self._newest = operation.order != "oldest"
        later = (each for each in knowledge.intent.operations if each.later)
        self._late = any(each.deliver.partition(".")[0] == operation.on for each in later)
        self._stale = knowledge.intent.staleness.get(operation.id, 0.0) + SETTLED

    def ask(self, planned: Planned) -> Ask:
        """Read what belongs to the thing of the planned rank, or one's own."""
        draws, token = planned.choices(), ""
        if self._accounts is not None and self._operation.auth == "self":
            account = self._accounts.known(draws)
            if account is None:
                return self._accounts.enter(planned)
            value, token = account.key, account.token
        else:
            value = self._drawing.popular(self._field.type.target, planned.rank).key
        body: dict[str, object] = {self._field.name: value}
        sent = self._beliefs.now()
        return Ask(
            planned.operation, self._offered.name, body, lambda answer: self._judge(answer, value, sent), token=token
        )

    def _judge(self, answer: Answer, value: str, sent: float) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        found = objects(answer.reply, self._offered)
        if found is None:
            return wrong("shape")
        keys = [str(each.get(self._key)) for each in found]
        for each, key in zip(found, keys, strict=True):
            seeded = self._things.get(key)
            if seeded is not None and differs(each, {name: seeded.fields[name] for name in self._fixed}):
                return wrong("fields")
        if len(set(keys)) < len(keys):
            return wrong("twice")
        known = self._known.get(value, {})
        if not self._late and not in_order(keys, known, newest=self._newest):  # behind a queue none is promised
            return wrong("order")
        late = self._stale if self._late else 0.0
        lost = missing(keys, known, settled=sent - self._stale, newest=self._newest, late=late)
        return wrong("missing") if lost else RIGHT
