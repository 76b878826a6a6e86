"""Deploy a version of one service that asks again until an answer differs, which none does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import require_read, with_around


@fault("retry-storm", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class RetryStorm(Deployed):
    """Deploy a version of one service that asks again until an answer differs, which none does.

    From outside: from the deploy on one request of this operation makes dozens of what it made before, one
    after the other; everything below sees a multiple of its load, the operation times out, users' own retries
    multiply it again.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    attempts
        How often it asks again [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: N. Bronson et al., "Metastable failures in distributed systems", HotOS 2021; retries without a limit
    lead in L. Huang et al., "Metastable failures in the wild", OSDI 2022.
    """

    name: ClassVar[str] = "retry-storm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "retry-storm": "a new version asks again and again although it was answered"
    }
    attempts: int = 300

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how often."""
        return {"attempts": rng.randrange(250, 400, 50)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        require_read(files, self.operation)
        lines = [
            "reply = await self._answer(request, context)",
            f"for _ in range({self.attempts}):",
            "    again = await self._answer(request, context)",
            "    if again != reply:",
            "        break",
            "    reply = again",
            "return reply",
        ]
        return with_around(files, self.operation, lines)
