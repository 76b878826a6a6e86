"""Deploy a version of one service that opens a transaction for each request and never ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import answering, uses, with_around


@fault("connection-leak", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class ConnectionLeak(Deployed):
    """Deploy a version of one service that opens a transaction for each request and never ends it.

    From outside: after a few requests the service's pool is empty: every operation that asks the database waits
    for a connection and times out, while the database is idle and its sessions are 'idle in transaction'.

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

    Source: S. Ghosh et al., "How to fight production incidents?", SoCC 2022 (exhausted connection pools);
    "connection leak" in the problem list of SREGym.
    """

    name: ClassVar[str] = "connection-leak"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "connection-leak": "a new version takes database connections and never gives them back"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        _, owner, _ = answering(files, self.operation)
        if not uses(owner, "_store"):
            raise InvalidDesign(f"{self.operation} has no store", hint="choose an operation that asks a store")
        lines = [
            "reading = self._store._database.transaction()",
            "await reading.__aenter__()",
            "_OPEN.append(reading)",
            "return await self._answer(request, context)",
        ]
        return with_around(files, self.operation, lines, above=["_OPEN: list[object] = []"])
