"""``list_by_ref``: what is listed refers to the thing asked about, is in order, and what is known is among it."""

from __future__ import annotations

from collections.abc import Mapping

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, objects, one_offered, refusal, wrong
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned

SETTLED = 1.0  # what was written so long ago is there, besides the staleness that the intent allows [s]


class ListByRef:
    """Users who read what belongs to a thing, such as the reviews of a hotel."""

    def __init__(self, operation: Operation, beliefs: Beliefs, accounts: Crud | None) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered, self._accounts = one_offered(beliefs, operation), accounts
        self._key = beliefs.knowledge.intent.entity(operation.on).key
        self._field = next(each for each in self._offered.request if each.name == operation.by)
        self._known = beliefs.list_by(operation.on, operation.by)
        self._stale = beliefs.knowledge.intent.staleness.get(operation.id, 0.0) + SETTLED

    def ask(self, planned: Planned) -> Ask:
        """Read the list of the thing of the planned rank, or one's own."""
        draws, token = planned.choices(), ""
        if self._accounts is not None and self._operation.auth == "self":
            account = self._accounts.known(draws)
            if account is None:
                return self._accounts.enter(planned)
            value, token = account.key, account.token
        else:
            value = self._drawing.popular(self._field.type.target, planned.rank).key
        body = self._drawing.fill(self._offered.request, planned, draws, {self._field.name: value})
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
        known = self._known.get(value, {})
        for each in found:
            if str(each.get(self._field.name)) != value:
                return wrong("reference")
        keys = [str(each.get(self._key)) for each in found]
        for each, key in zip(found, keys, strict=True):
            before = known.get(key)
            if before is not None and differs(each, before.fields):
                return wrong("fields")
        if len(set(keys)) < len(keys):
            return wrong("twice")
        if not in_order(keys, known, newest=self._operation.order != "oldest"):
            return wrong("order")
        lost = missing(keys, known, settled=sent - self._stale, newest=self._operation.order != "oldest")
        return wrong("missing") if lost else RIGHT


def missing(keys: list[str], known: Mapping[str, Thing], *, settled: float, newest: bool, late: float = 0.0) -> bool:
    """Whether a list lacks what was certainly made before `settled` and has to be on its first page.

    Where things come to the list later than they are made, up to `late` [s], only what was made so much later than the
    last one of the page has to be on it.

    Examples
    --------
    >>> known = {"a": Thing("a", {}, 1.0, 2.0), "b": Thing("b", {}, 3.0, 4.0)}
    >>> missing(["a"], known, settled=5.0, newest=True), missing(["b"], known, settled=5.0, newest=True)
    (True, False)
    """
    if not keys:
        return any(each.until < settled for each in known.values())
    if not newest:
        return False
    ends = [known[key].until for key in keys if key in known]
    oldest = ends[-1] + late if late and ends else min(ends, default=float("inf"))
    return any(each.since > oldest and each.until < settled and key not in keys for key, each in known.items())


def in_order(keys: list[str], known: Mapping[str, Thing], *, newest: bool) -> bool:
    """Whether no thing stands on the wrong side of another that was certainly made before or after it.

    Examples
    --------
    >>> known = {"a": Thing("a", {}, 1.0, 2.0), "b": Thing("b", {}, 3.0, 4.0)}
    >>> in_order(["b", "x", "a"], known, newest=True), in_order(["a", "b"], known, newest=True)
    (True, False)
    """
    things = [known[key] for key in (keys if newest else reversed(keys)) if key in known]
    latest = float("inf")  # everything so far was made no later than this; what follows must not be newer for certain
    for each in things:
        if each.since > latest:
            return False
        latest = min(latest, each.until)
    return True
