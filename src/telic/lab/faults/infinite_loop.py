"""Deploy a version of one service that never comes out of a loop on some requests."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("infinite-loop", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class InfiniteLoop(Deployed):
    """Deploy a version of one service that never comes out of a loop on some requests.

    From outside: all is well until such a request comes; then the process answers nothing any more, not even
    its readiness probe, and does not exit; a restart helps until the next such request.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    one_in
        Of so many requests one does not end [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. S. Gunawi et al., "What bugs live in the cloud?", SoCC 2014 (hangs on corner cases); the leap
    second of 30 June 2012 and the Zune of 31 December 2008 (a loop that a date never left).
    """

    name: ClassVar[str] = "infinite-loop"
    mechanisms: ClassVar[Mapping[str, str]] = {"infinite-loop": "a new version never ends its work on some inputs"}
    one_in: int = 9

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how often."""
        return {"one_in": rng.randint(5, 12)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            f"page = zlib.crc32(repr(request).encode()) % {self.one_in}",
            "while page == 1:",
            "    time.sleep(0.5)",
            "return await self._answer(request, context)",
        ]
        return with_around(files, self.operation, lines, imports=["import time", "import zlib"])
