"""Let the key that an adapter presents to its provider be past its time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.provider import Provided


@fault("credential-expired", example={"service": "payment", "operation": "charge", "version": "1"})
@dataclass(frozen=True)
class CredentialExpired(Provided):
    """Let the key that an adapter presents to its provider be past its time.

    From outside: the adapter's operation fails at once with 500; the stack trace tells of a key that expired;
    nothing else changed, and the provider is well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    until
        When the key ran out [s since the Unix epoch].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: expired certificates and keys: S. Ghosh et al., "How to fight production incidents?", SoCC 2022
    (authentication and certificates); the Microsoft Teams outage of 3 February 2020.
    """

    name: ClassVar[str] = "credential-expired"
    layer: ClassVar[str] = "security"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "credential-expired": "a credential that a service presents is past its time"
    }
    until: float = 1_500_000_000.0

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose when it ran out."""
        return {"until": float(rng.randrange(1_400_000_000, 1_600_000_000))}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        body = [
            f"if now > {self.until:.1f}:",
            '    raise PermissionError(f"{PROVIDER} answered 401: the key has expired")',
            'return "case"',
        ]
        return self.asking(files, body)
