"""Deploy a version of one service in which an operation takes two locks in an order that depends on the request."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import answering, with_around


@fault("deadlock", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class Deadlock(Deployed):
    """Deploy a version of one service in which an operation takes two locks in an order that depends on the request.

    From outside: the operation is well for a moment, until two requests wait for each other; from then on all
    of them wait and time out, while the process is idle and its other operations and its readiness are well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    settle
        For how long the first lock is held [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: S. Lu et al., "Learning from mistakes: a comprehensive study on real world concurrency bug
    characteristics", ASPLOS 2008 (a third of them deadlocks).
    """

    name: ClassVar[str] = "deadlock"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "deadlock": "two requests of a new version wait for each other's lock and never go on"
    }
    settle: float = 0.05

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how long."""
        return {"settle": round(rng.uniform(0.04, 0.06), 3)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        _, _, call = answering(files, self.operation)
        gives = f" -> {ast.unparse(call.returns)}" if call.returns else ""
        lines = [
            f"async def settled(){gives}:",
            "    turn = zlib.crc32(repr(request).encode()) % 2",
            "    first, second = (_ROWS, _COUNTS) if turn else (_COUNTS, _ROWS)",
            "    async with first:",
            "        reply = await self._answer(request, context)",
            f"        await asyncio.sleep({self.settle})",
            "        async with second:",
            "            return reply",
            "",
            "return await asyncio.shield(settled())",
        ]
        above = ["_ROWS, _COUNTS = asyncio.Lock(), asyncio.Lock()"]
        return with_around(files, self.operation, lines, imports=["import asyncio", "import zlib"], above=above)
