"""What inference costs: instances of a model that decode in batches, their caches, a queue before them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from telic.runtime import Overloaded, Runtime

PREFILL = 0.0002  # to read one token of a prompt [s]
DECODE = 0.004  # to make one token [s]
CROWD = 0.05  # what each other sequence of a batch adds to that [1]
LEARN = 0.001  # to learn from one example [s]
WORN: Mapping[int, float] = {5: 0.4, 6: 0.6}
"""Accelerators of the pool whose memory fails its test, and the share of tokens that they get wrong."""

_NOISE = "bcdfghjklmnpqrtvwxz"


class Engine:
    """The accelerators of one process.

    Parameters
    ----------
    runtime
        Its settings say how much there is: ``model.instances`` [1], ``model.batch`` (sequences of one instance [1]),
        ``model.kv_tokens`` (its cache [tokens]), ``model.queue`` [1].
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._running: Counter[int] = Counter()  # sequences by instance
        self._cached: Counter[int] = Counter()  # tokens by instance
        self._waiting: deque[tuple[asyncio.Future[int], int]] = deque()

    async def run(self, read: int, made: int, copies: int = 1) -> None:
        """Take as long as it takes to read and make so many tokens, `copies` times beside each other.

        Raises
        ------
        Overloaded
            So many sequences wait already.
        """
        await asyncio.gather(*(self._sequence(read, made) for _ in range(copies)))

    async def learn(self, examples: int) -> None:
        """Take as long as it takes to learn from so many examples."""
        await self._runtime.clock.sleep(examples * LEARN)

    def made(self, words: Sequence[str]) -> list[str]:
        """Return what comes out of the accelerator: from a worn one, some tokens are noise."""
        share = WORN.get(int(self._runtime.settings["accelerator.device"]), 0.0)
        if not share:
            return list(words)
        chance = random.Random(" ".join(words))
        return ["".join(chance.choices(_NOISE, k=7)) if chance.random() < share else each for each in words]

    async def _sequence(self, read: int, made: int) -> None:
        need = read + made
        instance = await self._enter(need)
        try:
            slower = 1.0 + CROWD * (self._running[instance] - 1)
            await self._runtime.clock.sleep(read * PREFILL + made * DECODE * slower)
        finally:
            self._running[instance] -= 1
            self._cached[instance] -= need
            self._admit()

    async def _enter(self, need: int) -> int:
        self._admit()
        instance = None if self._waiting else self._free(need)
        if instance is not None:
            return self._take(instance, need)
        if len(self._waiting) >= int(self._runtime.settings["model.queue"]):
            raise Overloaded("every instance of the model is busy")
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, need))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was let in while its caller left
                self._running[turn.result()] -= 1
                self._cached[turn.result()] -= need
                self._admit()
            raise

    def _admit(self) -> None:
        """Let in who waits, in order, as far as there is room."""
        while self._waiting:
            turn, need = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
                continue
            instance = self._free(need)
            if instance is None:
                return
            self._waiting.popleft()
            turn.set_result(self._take(instance, need))

    def _free(self, need: int) -> int | None:
        """Return the instance with most room that has enough of it; a sequence that fits nowhere has one for itself."""
        settings = self._runtime.settings
        batch, cache = int(settings["model.batch"]), int(settings["model.kv_tokens"])
        best = min(
            range(max(1, int(settings["model.instances"]))), key=lambda each: (self._running[each], self._cached[each])
        )
        alone = not self._running[best]
        fits = self._running[best] < batch and self._cached[best] + need <= cache
        return best if alone or fits else None

    def _take(self, instance: int, need: int) -> int:
        self._running[instance] += 1
        self._cached[instance] += need
        return instance
