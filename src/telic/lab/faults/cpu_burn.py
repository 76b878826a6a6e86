"""Deploy a version of one service that computes a costly digest of every answer of one operation."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("cpu-burn", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class CpuBurn(Deployed):
    """Deploy a version of one service that computes a costly digest of every answer of one operation.

    From outside: from the deploy on the process uses a whole CPU, its event loop lags, all of its operations
    wait, the one that computes and the others; callees are idle.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    rounds
        Rounds of the digest an answer [1]; 0.3 us each.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: the Cloudflare outage of 2 July 2019 (one expression took all CPUs), J. Graham-Cumming, "Details of
    the Cloudflare outage on July 2, 2019".
    """

    name: ClassVar[str] = "cpu-burn"
    mechanisms: ClassVar[Mapping[str, str]] = {"cpu-burn": "a new version computes far more than it needs"}
    rounds: int = 800_000

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"rounds": rng.randrange(600_000, 1_200_000, 100_000)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            "reply = await self._answer(request, context)",
            f'_LAST[context.operation] = hashlib.pbkdf2_hmac("sha256", repr(reply).encode(), b"page", {self.rounds})',
            "return reply",
        ]
        above = ["_LAST: dict[str, bytes] = {}"]
        return with_around(files, self.operation, lines, imports=["import hashlib"], above=above)
