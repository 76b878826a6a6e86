"""Deploy a version of one service that keeps something of every request until the process has used up its memory."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("unbounded-cache", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class UnboundedCache(Deployed):
    """Deploy a version of one service that keeps something of every request until the process has used up its memory.

    From outside: the process grows with every request, exits with code 137 when it has used up what it may
    have, is started and grows again; restarts follow each other in a saw-tooth of memory.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    size
        Kept of each request [bytes].
    limit
        What the process may keep [bytes].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: unbounded caches and leaks; "memory leak" in the problem lists of AIOpsLab and SREGym; servers such
    as gunicorn restart workers because of them.
    """

    name: ClassVar[str] = "unbounded-cache"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "unbounded-cache": "a new version keeps every answer until its memory's limit ends it, again and again"
    }
    size: int = 4_000_000
    limit: int = 64_000_000

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"size": rng.randrange(4_000_000, 8_000_000, 1_000_000)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            f"_PAGES.append(bytearray({self.size}))",
            f"if len(_PAGES) * {self.size} > {self.limit}:",
            "    os._exit(137)",
            "return await self._answer(request, context)",
        ]
        return with_around(files, self.operation, lines, imports=["import os"], above=["_PAGES: list[bytearray] = []"])
