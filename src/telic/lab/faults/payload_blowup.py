"""Deploy a version of one service whose answers carry megabytes that nobody asked for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import reply_of, with_around, with_struct


@fault("payload-blowup", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class PayloadBlowup(Deployed):
    """Deploy a version of one service whose answers carry megabytes that nobody asked for.

    From outside: from the deploy on answers of this operation are thousands of times as long; the service and
    its callers spend their time on copying bytes; latency and CPU of all of them grow with their load.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    size
        More for each answer [bytes].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: replies that grow without a limit (internal fields, whole objects); S. Ghosh et al., "How to fight
    production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "payload-blowup"
    mechanisms: ClassVar[Mapping[str, str]] = {"payload-blowup": "a new version answers with many times as many bytes"}
    size: int = 20_000_000

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how many."""
        return {"size": rng.randrange(16_000_000, 24_000_000, 2_000_000)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        reply = reply_of(files, self.operation)
        lines = [
            "reply = await self._answer(request, context)",
            f'return structs.replace(reply, outline="." * {self.size})',
        ]
        handlers = with_around(files, self.operation, lines, imports=["from msgspec import structs"])
        return {**handlers, **with_struct(files, reply, field='outline: str = ""')}
