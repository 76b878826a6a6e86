"""Deploy a version of one service that has to wait for the memory that a request needs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around
from telic.model import Change, Harm, Truth


@fault("memory-pressure", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class MemoryPressure(Deployed):
    """Deploy a version of one service that has to wait for the memory that a request needs.

    From outside: at requests of one operation the whole process stands still for a second or more, waits in the kernel
    (state ``D``) and goes on; it does not end; its CPU is idle meanwhile; all its operations are late or time out.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    size
        Needed for each request [bytes].
    limit
        What a process may take at once besides what it has when it starts [bytes].
    stall
        For how long it stands still when it takes more [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it. The limit holds for later processes while the injector lives.

    Source: the kernel's pressure stall information (docs.kernel.org, "PSI") and memory cgroups (``memory.high``;
    version 1: ``memory.oom_control``); J. Weiner et al., "TMO: transparent memory offloading in datacenters", ASPLOS
    2022.
    """

    name: ClassVar[str] = "memory-pressure"
    layer: ClassVar[str] = "host"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {"memory-pressure": "a process stands still while it waits for memory"}
    size: int = 100663296
    limit: int = 50331648
    stall: float = 1.5

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much, and how long one waits for it."""
        return {"size": rng.randrange(67108864, 117440512, 65_536), "stall": round(rng.uniform(1.0, 2.0), 1)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            f"page = bytearray({self.size})",
            "answer = await self._answer(request, context)",
            "del page",
            "return answer",
        ]
        return with_around(files, self.operation, lines)

    def inject(self, harm: Harm) -> Truth:
        """Limit the memory, then deploy as a colleague would; a host that cannot limit it says so first."""
        harm.limit(self.service, memory=self.limit, stall=self.stall)
        return super().inject(harm)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let it have what it wants, and go back to the version before, if this one still runs."""
        harm.limit(self.service)
        super().heal(harm, change)
