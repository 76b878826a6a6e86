"""What an intent allows to come later stands behind a queue: who sends, who consumes, and what nobody waits for."""

from __future__ import annotations

from dataclasses import replace

from telic import intent as intents
from telic.apps import find
from telic.design import lint
from telic.design.paths import visits
from telic.design.system import plan_system
from telic.model.design import Design


def test_sender_and_consumer_use_the_queue_and_do_not_call_each_other(social: Design) -> None:
    compose, fanout = social.service("compose"), social.service("fanout")
    assert (compose.stores, fanout.stores) == (("nats",), ("nats",))
    assert "nats" in social.stores
    assert compose.callees == ("user", "media", "post")
    assert fanout.callees == ("home",)
    assert ("compose", "nats") in social.edges
    assert ("compose", "fanout") not in social.edges
    assert fanout.settings["queue.max_deliver"] == 5


def test_what_is_sent_is_work_for_those_behind_the_queue_and_no_time_of_the_sender(social: Design) -> None:
    assert lint(social) == []
    normal = social.workloads[0]
    sent = visits(social, normal, "fanout").rate
    assert sent == normal.rate * normal.mix["F1"] / sum(normal.mix.values())
    assert visits(social, normal, "home").rate > sent


def test_without_it_the_same_intent_delivers_by_calls() -> None:
    found = intents.read(find("social"))
    capacity = tuple(each for each in found.capacity if each.service != "fanout")
    operations = tuple(replace(each, later=False) for each in found.operations)
    plan = plan_system(replace(found, operations=operations, capacity=capacity))
    assert "fanout" not in [each.name for each in plan.services]
    assert "home" in plan.service("compose").callees
    assert not any("nats" in each.stores for each in plan.services)


def test_the_generated_sender_names_each_message_by_what_it_keeps(social: Design) -> None:
    text = (social.folder / "services" / "compose" / "handlers.py").read_text()
    assert 'await self._queue.publish("fan_out", due, message_id=kept.post_id)' in text
    assert 'consumes=("fan_out",)' in (social.folder / "services" / "fanout" / "app.py").read_text()


def test_the_word_is_written_back_as_it_was_read(social: Design) -> None:
    assert intents.read(social.folder / "intent.yaml").hash == social.intent_hash
