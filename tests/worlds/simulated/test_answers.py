"""Answers kept by idempotency key in the simulated database."""

from __future__ import annotations

import asyncio

from tests.worlds.simulated.asked import Kit, failed, together

from telic.runtime.policies.dedupe import STALE_CLAIM, Answer, Dedupe
from telic.worlds.simulated.clock import LoopClock


def test_a_key_is_claimed_once_answered_again_and_freed_when_it_is_stale(kit: Kit) -> None:
    database = kit.stores.database("booking", lambda: kit.settings, kit.recorder)
    answers = kit.stores.answers(database, "booking.idempotency")
    clock, runs = LoopClock(kit.loop), []

    async def work() -> Answer:
        runs.append(kit.loop.time())
        await asyncio.sleep(0.02)
        return Answer(200, b"first")

    async def main() -> None:
        dedupe = Dedupe(answers, clock)
        found = await together(*(dedupe.run("k", "reserve", work) for _ in range(3)))
        assert found == [Answer(200, b"first")] * 3
        assert len(runs) == 1
        assert await answers.claim("lost", "reserve") is True
        assert await answers.claim("lost", "reserve") is False
        await answers.release("lost")
        assert await answers.claim("lost", "reserve") is True
        await asyncio.sleep(STALE_CLAIM + 0.1)
        assert await answers.claim("lost", "reserve") is True
        other = kit.stores.answers(
            kit.stores.database("booking", lambda: kit.settings, kit.recorder), "booking.idempotency"
        )
        assert await other.claim("k", "reserve") == Answer(200, b"first")
        await asyncio.sleep(90_000)
        await answers.forget_old()
        assert await answers.claim("k", "reserve") is True

    kit.run(main())
    assert {name for name, _, _ in kit.spans()} == {
        f"booking.{name}" for name in ("claim_key", "find_answer", "keep_answer", "free_key", "forget_answers")
    }


def test_answers_need_their_table_too(kit: Kit) -> None:
    database = kit.stores.database("booking", lambda: kit.settings, kit.recorder)
    kit.stores.postgres.grants.revoke("booking", "booking.idempotency")
    assert kit.run(failed(kit.stores.answers(database, "booking.idempotency").claim("k", "pay"))) == "42501"
