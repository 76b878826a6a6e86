"""Deploy a version of one service in which an operation holds one lock of the whole process while it waits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("lock-contention", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class LockContention(Deployed):
    """Deploy a version of one service in which an operation holds one lock of the whole process while it waits.

    From outside: from the deploy on requests of this operation are answered one at a time; the queue in front
    of the lock grows, latency with it, while CPU and callees are idle.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    pause
        For how long each request holds it [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: S. Lu et al., "Learning from mistakes", ASPLOS 2008; S. Ghosh et al., "How to fight production
    incidents?", SoCC 2022 (contention after code changes).
    """

    name: ClassVar[str] = "lock-contention"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "lock-contention": "requests of a new version wait for one lock, one at a time"
    }
    pause: float = 0.2

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how long."""
        return {"pause": round(rng.uniform(0.15, 0.3), 2)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            "async with _TURN:",
            f"    await asyncio.sleep({self.pause})",
            "    return await self._answer(request, context)",
        ]
        above = ["_TURN = asyncio.Lock()"]
        return with_around(files, self.operation, lines, imports=["import asyncio"], above=above)
