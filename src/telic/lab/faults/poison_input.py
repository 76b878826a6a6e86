"""Deploy a version of one service whose process ends on some requests."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("poison-input", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class PoisonInput(Deployed):
    """Deploy a version of one service whose process ends on some requests.

    From outside: the process is started, is well, and exits again at the next such request, with growing back-
    off between; callers see reset and refused connections; other requests under way die with it.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    one_in
        Of so many requests one ends the process [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. S. Gunawi et al., "What bugs live in the cloud?", SoCC 2014; queries of death (B. Beyer et al.,
    "Site Reliability Engineering", 2016, chapter 22).
    """

    name: ClassVar[str] = "poison-input"
    mechanisms: ClassVar[Mapping[str, str]] = {"poison-input": "a new version ends its process on some inputs"}
    one_in: int = 6

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how often."""
        return {"one_in": rng.randint(4, 8)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            f"if zlib.crc32(repr(request).encode()) % {self.one_in} == 1:",
            "    os._exit(134)",
            "return await self._answer(request, context)",
        ]
        return with_around(files, self.operation, lines, imports=["import os", "import zlib"])
