"""Deploy a version of one service that needs more memory for a request than the kernel lets it have."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around
from telic.model import Change, Harm, Truth


@fault("oom-kill", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class OomKill(Deployed):
    """Deploy a version of one service that needs more memory for a request than the kernel lets it have.

    From outside: the process ends by signal 9 at the first request of one operation, without a word, is started with
    growing back-off and ends again; callers see reset and refused connections.

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
        What a process may take besides what it has when it starts [bytes].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it. The limit holds for later processes while the injector lives.

    Source: Kubernetes' ``OOMKilled`` (kubernetes.io, "Assign Memory Resources to Containers"); the kernel's memory
    cgroups.
    """

    name: ClassVar[str] = "oom-kill"
    layer: ClassVar[str] = "host"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {
        "oom-kill": "the kernel ends the process because it needs more memory than it may have"
    }
    size: int = 100663296
    limit: int = 50331648

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"size": rng.randrange(67108864, 117440512, 65_536)}

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
        harm.limit(self.service, memory=self.limit)
        return super().inject(harm)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let it have what it wants, and go back to the version before, if this one still runs."""
        harm.limit(self.service)
        super().heal(harm, change)
