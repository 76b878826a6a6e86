"""Idempotency keys: the first answer to a key is kept, and repeats get it without doing the work again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from telic.clock import Clock

STALE_CLAIM = 10.0  # a claim without an answer is taken over after this [s]; longer than any request lives
KEPT = 86_400.0  # answers are kept so long [s]
_POLL = 0.05  # between two looks at somebody else's claim [s]


@dataclass(frozen=True)
class Answer:
    """What was answered to a key."""

    status: int
    body: bytes


class AnswerStore(Protocol):
    """Where claims and answers are kept; durable in PostgreSQL, or in memory."""

    async def claim(self, key: str, operation: str) -> Answer | bool:
        """Return the kept answer, True if the key is ours now, False while somebody else works on it."""
        ...

    async def finish(self, key: str, answer: Answer) -> None:
        """Keep the answer to a key that is ours."""
        ...

    async def release(self, key: str) -> None:
        """Free a key that is ours; the work failed and may be tried again."""
        ...


class Dedupe:
    """The mechanism over any store."""

    def __init__(self, store: AnswerStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def run(self, key: str, operation: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the first answer to `key`; do `work` if there is none yet.

        Work that raises frees the key. Business errors are answers: `work` returns them with their status.
        """
        while True:
            found = await self._store.claim(key, operation)
            if isinstance(found, Answer):
                return found
            if found:
                break
            await self._clock.sleep(_POLL)
        try:
            answer = await work()
        except BaseException:
            await asyncio.shield(self._store.release(key))
            raise
        await asyncio.shield(self._store.finish(key, answer))
        return answer


class MemoryAnswers:
    """Answers of this process only, the latest `limit` keys [1]."""

    def __init__(self, clock: Clock, limit: int = 10_000) -> None:
        self._clock, self._limit = clock, limit
        self._kept: dict[str, tuple[float, Answer | None]] = {}

    async def claim(self, key: str, operation: str) -> Answer | bool:
        """Claim `key` or return what is known of it."""
        now = self._clock.monotonic()
        at, answer = self._kept.get(key, (float("-inf"), None))
        if answer is not None and now - at < KEPT:
            return answer
        if answer is None and now - at < STALE_CLAIM:
            return False
        self._kept.pop(key, None)
        self._kept[key] = (now, None)
        while len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        return True

    async def finish(self, key: str, answer: Answer) -> None:
        """Keep `answer`."""
        self._kept[key] = (self._clock.monotonic(), answer)

    async def release(self, key: str) -> None:
        """Forget the claim."""
        self._kept.pop(key, None)
