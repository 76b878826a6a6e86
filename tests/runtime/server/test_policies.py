"""What the server's chain refuses, answers again or keeps, by policy."""

from __future__ import annotations

import json
from typing import Any

from tests.runtime.server.desks import Desk, Told

from telic.runtime import BusinessError
from telic.runtime.policies.cache import ReadThrough
from telic.runtime.policies.dedupe import Dedupe, MemoryAnswers
from telic.runtime.wiring import CachePolicy, NodePolicy


def test_an_operation_whose_flag_is_off_is_refused_and_no_other(desk: Desk) -> None:
    desk.chain.off = frozenset({"near"})
    refused, served = desk.run(desk.ask(), desk.ask("/hold"))
    assert (refused.status, json.loads(refused.body)["error"]) == (503, "switched_off")
    assert (served.status, desk.calls) == (200, 1)


def test_what_comes_above_the_quota_is_refused(desk: Desk) -> None:
    desk.chain.quota.rate = 3.0
    assert [each.status for each in desk.run(*(desk.ask() for _ in range(5)))] == [200, 200, 200, 429, 429]
    assert desk.chain.admission.refused == 2


def test_a_share_is_refused_at_the_door_evenly_and_deterministically(desk: Desk) -> None:
    desk.chain.shed = 0.3
    statuses = [each.status for each in desk.run(*(desk.ask() for _ in range(20)))]
    assert statuses.count(429) == 6
    assert all(statuses[start : start + 5].count(429) in (1, 2) for start in range(16))
    assert desk.calls == 14
    desk.chain.shed = 1.0
    assert {each.status for each in desk.run(*(desk.ask() for _ in range(5)))} == {429}
    desk.chain.shed = 0.0
    assert {each.status for each in desk.run(*(desk.ask() for _ in range(5)))} == {200}


def test_a_full_node_refuses_with_retry_after(recorder: Any) -> None:
    desk = Desk(recorder, NodePolicy(queue=1), slots=1)

    async def slow() -> Told:
        await desk.clock.sleep(1.0)
        return Told(0)

    desk.act = lambda ask, context: slow()
    replies = desk.run(*(desk.ask() for _ in range(4)))
    assert sorted(each.status for each in replies) == [200, 200, 429, 429]
    assert all(b"retry-after: " in each.headers for each in replies if each.status == 429)


def test_a_repeated_idempotency_key_gets_the_first_answer(desk: Desk) -> None:
    desk.chain.dedupe = Dedupe(MemoryAnswers(desk.clock), desk.clock)
    count = iter(range(100))
    desk.act = lambda ask, context: Told(next(count))
    replies = desk.run(
        *(desk.ask("/hold", idempotency_key="k") for _ in range(3)), desk.ask("/hold", idempotency_key="l")
    )
    assert [json.loads(each.body)["km"] for each in replies] == [0.0, 0.0, 0.0, 1.0]
    desk.act = lambda ask, context: BusinessError("sold_out", "none left")
    refused, again = desk.run(desk.ask("/hold", idempotency_key="m"), desk.ask("/hold", idempotency_key="m"))
    assert (refused.status, again.body) == (422, refused.body)
    assert desk.calls == 3


def test_keys_of_different_people_do_not_meet(desk: Desk) -> None:
    desk.chain.dedupe = Dedupe(MemoryAnswers(desk.clock), desk.clock)
    for who in ("a", "b"):
        desk.run(desk.ask("/hold", idempotency_key="k", authorization=f"Bearer {desk.tokens.issue(who)}"))
    assert desk.calls == 2


class ForgetfulCache:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def set(self, key: str, value: bytes, *, ttl: float) -> None:
        self.kept[key] = value

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


def test_reads_are_cached_by_their_content_but_never_those_of_a_person(desk: Desk) -> None:
    cache = ForgetfulCache()
    desk.chain.cache = ReadThrough(CachePolicy(), cache, desk.clock, lambda: 0.5)
    desk.chain.cache_prefix = "t:desk:1:"
    for body in (b'{"km":2}', b'{ "km": 2.0 }', b'{"km":3}'):
        desk.run(desk.ask(body=body))
    assert desk.calls == 2
    assert all(each.startswith("t:desk:1:near:") for each in cache.kept)
    token = desk.tokens.issue("user-7")
    for _ in range(2):
        desk.run(desk.ask("/mine", authorization=f"Bearer {token}"), desk.ask("/hold"))
    assert desk.calls == 6
