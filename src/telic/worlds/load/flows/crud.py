"""``crud``: users make things, log in, read, change and delete them; each answer is what was written before."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from telic.model.design import ServiceOperation
from telic.model.intent import Operation
from telic.worlds.load import values
from telic.worlds.load.beliefs import Account, Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, refusal, wrong
from telic.worlds.load.plan import Planned

VERBS = {"create": 6, "login": 6, "get": 65, "update": 20, "delete": 3}
"""What users do with their things, in how many of a hundred requests; making and logging in hash passwords."""
SPECIAL = ("ref", "email", "secret", "state")  # bases of fields that are never changed here


class Crud:
    """Users of things that they made themselves; a thing serves one request at a time, so what is right is known."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self.entity = operation.on
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        entity = beliefs.knowledge.intent.entity(operation.on)
        self._key = entity.key
        self._secrets = {each.name for each in entity.fields if each.type.base == "secret"}
        self._offered = {each.name.partition("_")[0]: each for each in beliefs.knowledge.serving(operation)}
        self._verbs = {verb: weight for verb, weight in VERBS.items() if verb in self._offered}
        self._resting = beliefs.accounts[operation.on]
        self._asks: Mapping[str, Callable[[Planned, Account, random.Random], Ask]] = {
            "login": self._login,
            "get": self._get,
            "update": self._update,
            "delete": self._delete,
        }

    def ask(self, planned: Planned) -> Ask:
        """Do one of the verbs; the one that the workload's mix names (``F7.get``), else any."""
        draws = planned.choices()
        named = planned.operation.partition(".")[2]
        verb = named or draws.choices(list(self._verbs), weights=list(self._verbs.values()))[0]
        if verb == "create" or verb not in self._asks or not self._resting:
            return self._create(planned, draws)
        account = self._take(draws, keep_lent=verb == "delete")
        if account is None:
            return self._create(planned, draws)
        if "login" in self._offered and not account.token:
            verb = "login"
        return self._asks[verb](planned, account, draws)

    @property
    def logs_in(self) -> bool:
        """Whether its things are accounts."""
        return "login" in self._offered

    def known(self, draws: random.Random) -> Account | None:
        """Return somebody who is logged in, for users of another operation; None when nobody is."""
        found = [each for each in self._resting if each.token]
        if not found:
            return None
        account = draws.choice(found)
        account.lent = True
        return account

    def enter(self, planned: Planned) -> Ask:
        """Let somebody log in, who is made first when nobody waits."""
        draws = planned.choices()
        account = next((each for each in self._resting if not each.token), None)
        if account is None:
            return self._create(planned, draws)
        self._resting.remove(account)
        return self._login(planned, account, draws)

    def _take(self, draws: random.Random, *, keep_lent: bool) -> Account | None:
        index = draws.randrange(len(self._resting))
        if keep_lent and self._resting[index].lent:
            return None
        self._resting[index], self._resting[-1] = self._resting[-1], self._resting[index]
        return self._resting.pop()

    def _create(self, planned: Planned, draws: random.Random) -> Ask:
        offered = self._offered["create"]
        body = self._drawing.fill(offered.request, planned, draws, {})
        shown = {name: value for name, value in body.items() if name not in self._secrets}
        account = Account("", shown, {name: body[name] for name in self._secrets})

        def judge(answer: Answer) -> Finding:
            refused = refusal(answer, offered, untrue=tuple(offered.errors))  # its address is new
            if refused is not None:
                return refused
            if not isinstance(answer.reply, dict) or not isinstance(answer.reply.get(self._key), str):
                return wrong("shape")
            account.key = answer.reply[self._key]
            self._resting.append(account)
            return self._shown(answer, account)

        return Ask(planned.operation, offered.name, body, judge, key=self._drawing.key(planned))

    def _login(self, planned: Planned, account: Account, draws: random.Random) -> Ask:
        offered = self._offered["login"]
        known = {**account.fields, **account.secrets}
        body = {each.name: known[each.name] for each in offered.request}

        def judge(answer: Answer) -> Finding:
            self._resting.append(account)
            refused = refusal(answer, offered, untrue=tuple(offered.errors))
            if refused is not None:
                return refused
            token = answer.reply.get("token") if isinstance(answer.reply, dict) else None
            if not isinstance(token, str) or not token:
                return wrong("token")
            account.token = token
            return RIGHT

        return Ask(planned.operation, offered.name, body, judge)

    def _get(self, planned: Planned, account: Account, draws: random.Random) -> Ask:
        offered = self._offered["get"]

        def judge(answer: Answer) -> Finding:
            self._rest(account, answer)
            refused = refusal(answer, offered, untrue=tuple(offered.errors))
            return refused if refused is not None else self._shown(answer, account)

        return Ask(planned.operation, offered.name, self._about(offered, account), judge, token=account.token)

    def _update(self, planned: Planned, account: Account, draws: random.Random) -> Ask:
        offered = self._offered["update"]
        changeable = [each for each in offered.request if each.type.base not in SPECIAL]
        chosen = draws.sample(changeable, k=min(1, len(changeable)))
        changes = {each.name: values.plain(each.type, draws, self._drawing.first_day) for each in chosen}

        def judge(answer: Answer) -> Finding:
            refused = refusal(answer, offered, untrue=tuple(offered.errors))
            if answer.status == 200:
                account.fields.update(changes)
            if not answer.unsure or answer.status == 401:
                self._rest(account, answer)  # else nobody knows what it says now
            return refused if refused is not None else self._shown(answer, account)

        body = {**self._about(offered, account), **changes}
        return Ask(planned.operation, offered.name, body, judge, account.token, self._drawing.key(planned))

    def _delete(self, planned: Planned, account: Account, draws: random.Random) -> Ask:
        offered = self._offered["delete"]

        def judge(answer: Answer) -> Finding:
            refused = refusal(answer, offered, untrue=tuple(offered.errors))
            if refused is not None:
                return refused
            deleted = isinstance(answer.reply, dict) and answer.reply.get("deleted", True) is True
            return RIGHT if deleted else wrong("kept")

        body = self._about(offered, account)
        return Ask(planned.operation, offered.name, body, judge, account.token, self._drawing.key(planned))

    def _about(self, offered: ServiceOperation, account: Account) -> dict[str, object]:
        own = next(each.name for each in offered.request if each.type.base == "ref" and each.type.target == self.entity)
        return {own: account.key}

    def _rest(self, account: Account, answer: Answer) -> None:
        if answer.status == 401:
            account.token = ""  # it no longer holds: the next request logs in again
        self._resting.append(account)

    def _shown(self, answer: Answer, account: Account) -> Finding:
        reply = answer.reply
        if not isinstance(reply, dict):
            return wrong("shape")
        if self._secrets & reply.keys():
            return wrong("secret_shown")
        return wrong("fields") if differs(reply, {self._key: account.key, **account.fields}) else RIGHT
