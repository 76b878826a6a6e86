"""What every queue does, whoever keeps the messages: JetStream and the simulated one are tested with the same words."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from telic.runtime.queues import Standing, Terms

SUBJECT = "fan_out"
TERMS = Terms(pending=2, ack_wait=0.6, retry=0.3)
SOON = 0.05  # for a message that is there or is not [s]


class Note(msgspec.Struct, frozen=True):
    """A message."""

    post: str


async def filled(queue: Any, count: int) -> None:
    for number in range(count):
        await queue.publish(SUBJECT, Note(f"p{number}"), message_id=f"m{number}")


async def pulled(queue: Any, most: int = 8, wait: float = SOON) -> list[tuple[str, int]]:
    return [(each.id, each.attempt) for each in await queue.pull(SUBJECT, most, TERMS, wait)]


async def messages_come_in_order_with_body_and_trace(queue: Any) -> None:
    await filled(queue, 2)
    found = await queue.pull(SUBJECT, 8, TERMS, 1.0)
    assert [(each.id, each.attempt) for each in found] == [("m0", 1), ("m1", 1)]
    assert [msgspec.json.decode(each.body, type=Note) for each in found] == [Note("p0"), Note("p1")]
    assert all(each.traceparent.startswith("00-") for each in found)


async def an_id_is_kept_once(queue: Any) -> None:
    await filled(queue, 1)
    await filled(queue, 1)
    assert (await queue.standing(SUBJECT)).depth == 1


async def no_more_are_in_hand_than_the_terms_say(queue: Any) -> None:
    await filled(queue, 3)
    (first, _) = await queue.pull(SUBJECT, 8, TERMS, 1.0)
    assert await pulled(queue) == []
    await queue.acknowledge(first)
    assert await pulled(queue) == [("m2", 1)]


async def what_is_acknowledged_never_comes_again(queue: Any) -> None:
    await filled(queue, 2)
    for each in await queue.pull(SUBJECT, 8, TERMS, 1.0):
        await queue.acknowledge(each)
    assert await queue.standing(SUBJECT) == Standing()
    await asyncio.sleep(TERMS.ack_wait + 0.1)
    assert await pulled(queue) == []


async def what_is_not_acknowledged_comes_again(queue: Any) -> None:
    await filled(queue, 1)
    assert await pulled(queue, wait=1.0) == [("m0", 1)]
    assert await pulled(queue) == []
    assert await pulled(queue, wait=2.0) == [("m0", 2)]


async def what_is_released_comes_again_after_its_delay_and_counts_until_then(queue: Any) -> None:
    await filled(queue, 3)
    for each in await queue.pull(SUBJECT, 8, TERMS, 1.0):
        await queue.release(each, TERMS.retry)
    assert await pulled(queue) == [], "both are still in hand, and a third would be one too many"
    await asyncio.sleep(TERMS.retry + 0.1)
    assert sorted(await pulled(queue, wait=1.0)) == [("m0", 2), ("m1", 2)]


async def what_is_buried_is_a_dead_letter(queue: Any) -> None:
    await filled(queue, 1)
    (only,) = await queue.pull(SUBJECT, 8, TERMS, 1.0)
    await queue.bury(only, "unreadable")
    assert await queue.standing(SUBJECT) == Standing(dead=1)
    assert await pulled(queue) == []


async def its_standing_tells_depth_and_age(queue: Any) -> None:
    await filled(queue, 2)
    await asyncio.sleep(0.3)
    found = await queue.standing(SUBJECT)
    assert (found.depth, found.dead) == (2, 0)
    assert found.age >= 0.25


CONTRACT = (
    messages_come_in_order_with_body_and_trace,
    an_id_is_kept_once,
    no_more_are_in_hand_than_the_terms_say,
    what_is_acknowledged_never_comes_again,
    what_is_not_acknowledged_comes_again,
    what_is_released_comes_again_after_its_delay_and_counts_until_then,
    what_is_buried_is_a_dead_letter,
    its_standing_tells_depth_and_age,
)
