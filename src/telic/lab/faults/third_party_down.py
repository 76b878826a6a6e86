"""Let the provider that an adapter asks refuse connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import fault
from telic.lab.provider import Provided


@fault("third-party-down", example={"service": "payment", "operation": "charge", "version": "1"})
@dataclass(frozen=True)
class ThirdPartyDown(Provided):
    """Let the provider that an adapter asks refuse connections.

    From outside: the adapter's operation fails at once with 500 and a stack trace that names the provider; its
    store is asked nothing.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022 (dependency failures); H. S. Gunawi
    et al., "Why does the cloud stop computing?", SoCC 2016 (cross-service dependencies).
    """

    name: ClassVar[str] = "third-party-down"
    layer: ClassVar[str] = "external"
    mechanisms: ClassVar[Mapping[str, str]] = {"third-party-down": "somebody outside cannot be reached"}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        body = ['raise ConnectionRefusedError(f"no connection to {PROVIDER}:443")']
        return self.asking(files, body)
