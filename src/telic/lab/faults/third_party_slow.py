"""Let the provider that an adapter asks answer seconds later."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.provider import Provided


@fault("third-party-slow", example={"service": "payment", "operation": "charge", "version": "1"})
@dataclass(frozen=True)
class ThirdPartySlow(Provided):
    """Let the provider that an adapter asks answer seconds later.

    From outside: the adapter's operation takes seconds while its CPU, its store and its own callees are idle;
    its callers time out.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    wait
        Until the provider answers [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022 (dependency failures); third
    parties that are slow rather than down, "Why does the cloud stop computing?", SoCC 2016.
    """

    name: ClassVar[str] = "third-party-slow"
    layer: ClassVar[str] = "external"
    mechanisms: ClassVar[Mapping[str, str]] = {"third-party-slow": "somebody outside answers far later than usual"}
    wait: float = 2.0

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how late."""
        return {"wait": round(rng.uniform(1.5, 4.0), 1)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        body = [f"await asyncio.sleep({self.wait})", 'return "case"']
        return self.asking(files, body, imports=["import asyncio"])
