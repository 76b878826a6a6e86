"""Let the provider that an adapter asks allow one request in some seconds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.provider import Provided


@fault("third-party-rate-limit", example={"service": "payment", "operation": "charge", "version": "1"})
@dataclass(frozen=True)
class ThirdPartyRateLimit(Provided):
    """Let the provider that an adapter asks allow one request in some seconds.

    From outside: some of the adapter's requests go well, all others fail at once; the stack trace tells of
    status 429 and a quota; the more is asked the larger the share that fails.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    every
        One request is allowed in so long [s].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: quotas of third parties; S. Ghosh et al., "How to fight production incidents?", SoCC 2022; HTTP
    status 429, RFC 6585 section 4.
    """

    name: ClassVar[str] = "third-party-rate-limit"
    layer: ClassVar[str] = "external"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "third-party-rate-limit": "somebody outside lets only so many requests pass"
    }
    every: float = 5.0

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how few."""
        return {"every": round(rng.uniform(4.0, 10.0), 1)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        body = [
            f"if now < _LAST[0] + {self.every}:",
            '    raise PermissionError(f"{PROVIDER} answered 429: quota exceeded")',
            "_LAST[0] = now",
            'return "case"',
        ]
        return self.asking(files, body, above=["_LAST = [0.0]"])
