"""Users who follow, publish, count and look names up: right answers are good, wrong ones are bad and say why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from telic import apps, design, intent
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.record import Record
from telic.worlds.load.testing import ModelSystem, Reply

Run = Any  # see conftest.Run
Change = Callable[[Reply], Reply]


@pytest.fixture(scope="module")
def social(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    folder = tmp_path_factory.mktemp("social") / "design"
    design.generate(intent.read(apps.find("social")), Path(folder))
    return Knowledge(folder)


@pytest.fixture
def right(social: Knowledge) -> ModelSystem:
    return ModelSystem(social)


@pytest.fixture
def network(social: Knowledge, right: ModelSystem, run: Run) -> Run:
    return type(run)(social, right)


def _replace(**changed: object) -> Change:
    return lambda reply: Reply(reply.status, {**reply.body, **changed}) if isinstance(reply.body, dict) else reply


def _listed(change: Callable[[list[dict[str, Any]]], list[Any]]) -> Change:
    return lambda reply: Reply(200, {"things": change(reply.body["things"])}) if isinstance(reply.body, dict) else reply


WRONG: Mapping[str, tuple[str, str, Change]] = {
    "a post changed on its way": ("F1", "wrong_fields", _replace(body="Something else.")),
    "a post without a key": ("F1", "wrong_shape", lambda reply: Reply(200, {"body": "fine"})),
    "the oldest post first": ("F3", "wrong_order", _listed(lambda all_: all_[::-1])),
    "a post left out": ("F2", "wrong_missing", _listed(lambda all_: all_[:1] + all_[2:])),
    "nothing to read": ("F2", "wrong_missing", _listed(lambda all_: [])),
    "a post twice": ("F2", "wrong_twice", _listed(lambda all_: all_[:1] + all_)),
    "another text": ("F2", "wrong_fields", _listed(lambda all_: [{**each, "body": "x"} for each in all_])),
    "no posts at all": ("F2", "wrong_shape", lambda reply: Reply(200, {"things": None})),
    "whom they do not follow": ("F6", "wrong_missing", _listed(lambda all_: all_[:1] + all_[2:])),
    "somebody else followed": ("F4", "wrong_fields", _replace(followed="user-x")),
    "a second tie between the same two": ("F4", "wrong_twice", _replace(follow_id="follow-x")),
    "followed by nobody": ("F4", "wrong_not_found", lambda reply: Reply(422, {"error": "not_found"})),
    "a tie that stays": ("F5", "wrong_kept", _replace(removed=False)),
    "nobody counted": ("F7", "wrong_count", _replace(count=0)),
    "a count in words": ("F7", "wrong_shape", _replace(count="many")),
    "the last name first": ("F14", "wrong_order", _listed(lambda all_: all_[::-1])),
    "a name left out": ("F14", "wrong_gap", _listed(lambda all_: all_[1:])),
    "no name": ("F14", "wrong_nothing_found", _listed(lambda all_: [])),
    "names that begin otherwise": ("F14", "wrong_prefix", _listed(lambda all_: [{**all_[0], "word": "?"}])),
}


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_answers_are_bad_and_say_why(network: Run, name: str) -> None:
    id_, reason, change = WRONG[name]
    names = {each.name for each in network.knowledge.serving(network.knowledge.intent.operation(id_))}
    network.way.reply = lambda operation, reply: change(reply) if operation in names and reply.status == 200 else reply
    record: Record = await network(2.0, rate=30.0, mix={id_: 1.0})
    found = record.reasons(id_)
    assert found.get(reason, 0) > 0, found


async def test_who_follows_reads_what_is_published_from_then_on(network: Run, right: ModelSystem) -> None:
    mix = {"F1": 2.0, "F2": 6.0, "F4": 1.0, "F5": 1.0, "F6": 1.0, "F7": 1.0}
    record: Record = await network(20.0, rate=40.0, mix=mix)
    assert record.reasons() == {}
    assert right.asked["follow"] > right.asked["unfollow"] > 10


async def test_posts_behind_a_queue_may_come_in_any_order(network: Run, social: Knowledge) -> None:
    class Queued(ModelSystem):
        """Delivers every second post only after forty others."""

        waiting: ClassVar[list[list[dict[str, object]]]] = []

        def _publish(self, operation: Any, body: dict[str, object]) -> Reply:
            if len(self.waiting) > 20:
                for each in self.waiting.pop(0):
                    self._keep("Entry", each)
            if self.asked["compose_post"] % 2:
                return super()._publish(operation, body)
            made = self._keep(operation.on, body)
            assert isinstance(made.body, dict)
            found = self._where("Follow", "followed", body["author"])
            self.waiting.append([{"reader": each["follower"], "post": made.body["post_id"]} for each in found])
            return made

    record: Record = await type(network)(social, Queued(social))(5.0, rate=120.0, mix={"F1": 1.0, "F2": 2.0})
    assert record.reasons() == {}


async def test_a_post_that_reaches_nobody_is_missed_once_it_had_time(network: Run, social: Knowledge) -> None:
    class Undelivered(ModelSystem):
        def _publish(self, operation: Any, body: dict[str, object]) -> Reply:
            return self._keep(operation.on, body)

    late = type(network)(social, Undelivered(social))
    record: Record = await late(15.0, rate=40.0, mix={"F1": 2.0, "F2": 6.0})
    assert record.reasons("F1") == {}
    assert record.reasons("F2").keys() == {"wrong_missing"}
    staleness = social.intent.staleness["F2"]
    early = record.since(0.0, min(each.second for each in record.seconds) + staleness)
    assert early.reasons() == {}, "until then it may be on its way"
