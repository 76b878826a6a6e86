"""Deploy a version of one service in which an operation waits without giving way to others."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("blocking-call", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class BlockingCall(Deployed):
    """Deploy a version of one service in which an operation waits without giving way to others.

    From outside: from the deploy on the process handles one request at a time: its event loop lags, all of its
    operations are late or time out, the readiness probe too, and yet it uses no CPU.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    wait
        So long a request [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022; the commonest mistake with asyncio
    ("Running Blocking Code", docs.python.org/3/library/asyncio-dev.html).
    """

    name: ClassVar[str] = "blocking-call"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "blocking-call": "a new version waits in its event loop, and everybody with it"
    }
    wait: float = 0.3

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how long."""
        return {"wait": round(rng.uniform(0.25, 0.5), 2)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [f"time.sleep({self.wait})", "return await self._answer(request, context)"]
        return with_around(files, self.operation, lines, imports=["import time"])
