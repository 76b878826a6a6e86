"""``count_by_ref``: no fewer than what is known to refer to the thing, and no more where nobody adds any."""

from __future__ import annotations

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, one_offered, refusal, wrong
from telic.worlds.load.flows.crud import Crud
from telic.worlds.load.flows.list_by_ref import SETTLED
from telic.worlds.load.plan import Planned


class CountByRef:
    """Users who see how many things refer to one, such as the likes of a post."""

    def __init__(self, operation: Operation, beliefs: Beliefs, accounts: Crud | None) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered, self._accounts = one_offered(beliefs, operation), accounts
        self._field = next(each for each in self._offered.request if each.name == operation.by)
        self._known = beliefs.list_by(operation.on, operation.by)
        self._stale = beliefs.knowledge.intent.staleness.get(operation.id, 0.0) + SETTLED
        self._grows = beliefs.knowledge.grows(operation.on)

    def ask(self, planned: Planned) -> Ask:
        """Count for the thing of the planned rank, or one's own."""
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
        count = answer.reply.get("count") if isinstance(answer.reply, dict) else None
        if not isinstance(count, int) or isinstance(count, bool):
            return wrong("shape")
        known = self._known.get(value, {})
        if count < sum(each.until < sent - self._stale for each in known.values()):
            return wrong("count")
        return RIGHT if self._grows or count <= len(known) else wrong("count")
