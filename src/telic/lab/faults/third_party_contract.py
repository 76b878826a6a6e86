"""Let the provider that an adapter asks answer in another form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import fault
from telic.lab.provider import Provided


@fault("third-party-contract", example={"service": "payment", "operation": "charge", "version": "1"})
@dataclass(frozen=True)
class ThirdPartyContract(Provided):
    """Let the provider that an adapter asks answer in another form.

    From outside: the adapter's operation fails at once with 500 and a stack trace about an answer that lacks
    what it had; the provider itself answers 200.

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

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022 (dependencies that change); the
    sudden end of a version of an API.
    """

    name: ClassVar[str] = "third-party-contract"
    layer: ClassVar[str] = "external"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "third-party-contract": "somebody outside answers in another form than before"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        body = [
            'answer = {"version": 3, "case": {"number": "c-1"}}',
            'return str(answer["number"])',
        ]
        return self.asking(files, body)
