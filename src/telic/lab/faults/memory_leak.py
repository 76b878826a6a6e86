"""Deploy a version of one service that gives no memory back, under a limit of the kernel."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around
from telic.model import Change, Harm, Truth


@fault("memory-leak", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class MemoryLeak(Deployed):
    """Deploy a version of one service that gives no memory back, under a limit of the kernel.

    From outside: the process's memory grows with every request in a straight line, then it ends by signal 9 without a
    word, is started and grows again; users feel each end; between two ends all is well.

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
        What a process may take besides what it has when it starts [bytes].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it. The limit holds for later processes while the injector lives.

    Source: memory leaks in H. S. Gunawi et al., "Why does the cloud stop computing?", SoCC 2016; Kubernetes'
    ``OOMKilled``.
    """

    name: ClassVar[str] = "memory-leak"
    layer: ClassVar[str] = "process"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {
        "memory-leak": "the process holds more and more memory until the kernel ends it"
    }
    size: int = 4194304
    limit: int = 50331648

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"size": rng.randrange(3145728, 6291456, 65_536)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [f"_KEPT.append(bytearray({self.size}))", "return await self._answer(request, context)"]
        return with_around(files, self.operation, lines, above=["_KEPT: list[bytearray] = []"])

    def inject(self, harm: Harm) -> Truth:
        """Limit the memory, then deploy as a colleague would; a host that cannot limit it says so first."""
        harm.limit(self.service, memory=self.limit)
        return super().inject(harm)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let it have what it wants, and go back to the version before, if this one still runs."""
        harm.limit(self.service)
        super().heal(harm, change)
