"""``publish``: what is made is as given, and reaches everybody who is known to follow whoever it is by."""

from __future__ import annotations

from collections import defaultdict

from telic.model.intent import Operation
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.exchange import Answer, Ask, Finding
from telic.worlds.load.flows.base import RIGHT, Drawing, differs, one_offered, refusal, wrong
from telic.worlds.load.flows.list_by_ref import SETTLED
from telic.worlds.load.knowledge import Thing
from telic.worlds.load.plan import Planned


class Publish:
    """Users who make something for those who follow them, such as a post."""

    def __init__(self, operation: Operation, beliefs: Beliefs) -> None:
        self._operation, self._drawing, self._beliefs = operation, Drawing(beliefs), beliefs
        self._offered = one_offered(beliefs, operation)
        intent = beliefs.knowledge.intent
        self._key = intent.entity(operation.on).key
        self._entries, _, self._reader = operation.deliver.partition(".")
        links, _, followed = operation.through.partition(".")
        ends = {each.name: each.type.target for each in intent.entity(links).fields if each.type.base == "ref"}
        self._follower = next(name for name in ends if name != followed)
        self._author = next(
            each.name for each in intent.entity(operation.on).fields if each.type.target == ends[followed]
        )
        self._thing = next(
            each.name for each in intent.entity(self._entries).fields if each.type.target == operation.on
        )
        self._followers = beliefs.list_by(links, followed)
        self._followed = followed
        self._underway: dict[tuple[str, str], list[str]] = defaultdict(list)  # by reader and author: what may be late
        if operation.later:
            beliefs.tell(links, self._unfollowed)

    def ask(self, planned: Planned) -> Ask:
        """Publish something by anybody."""
        body = self._drawing.fill(self._offered.request, planned, planned.choices(), {})
        sent, key = self._beliefs.now(), self._drawing.key(planned)
        return Ask(planned.operation, self._offered.name, body, lambda answer: self._judge(answer, body, sent), key=key)

    def _judge(self, answer: Answer, body: dict[str, object], sent: float) -> Finding:
        refused = refusal(answer, self._offered, untrue=("not_found",))
        if refused is not None:
            return refused
        reply = answer.reply
        if not isinstance(reply, dict) or not isinstance(reply.get(self._key), str):
            return wrong("shape")
        if differs(reply, body):
            return wrong("fields")
        key, now = str(reply[self._key]), self._beliefs.now()
        self._beliefs.made(self._operation.on, Thing(key, body, sent, now))
        for each in self._followers.get(str(body[self._author]), {}).values():
            if each.until < sent - SETTLED:
                entry = {self._reader: each.fields[self._follower], self._thing: key}
                self._beliefs.delivered(self._entries, Thing("", entry, sent, now))
                if self._operation.later:
                    self._underway[str(each.fields[self._follower]), str(body[self._author])].append(key)
        return RIGHT

    def _unfollowed(self, link: Thing) -> None:
        """Know nothing any more of what is delivered, perhaps, after its reader has left."""
        reader, author = str(link.fields[self._follower]), str(link.fields[self._followed])
        for key in self._underway.pop((reader, author), ()):
            self._beliefs.unmade(self._entries, Thing("", {self._reader: reader, self._thing: key}, 0.0, 0.0))
