"""Deploy a version of one service that lists everything twice, as a join that matches more than one row does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import listing, with_around


@fault("duplicate-rows", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class DuplicateRows(Deployed):
    """Deploy a version of one service that lists everything twice, as a join that matches more than one row does.

    From outside: from the deploy on this operation answers 200 with each thing twice, replies are twice as
    long; nothing is logged.

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

    Source: a join that fans out after a change of the query; H. S. Gunawi et al., "What bugs live in the
    cloud?", SoCC 2014 (data correctness).
    """

    name: ClassVar[str] = "duplicate-rows"
    mechanisms: ClassVar[Mapping[str, str]] = {"duplicate-rows": "a new version lists things more than once"}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        lines = [
            "reply = await self._answer(request, context)",
            f"return structs.replace(reply, {found.field}=[each for each in reply.{found.field} for _ in (1, 2)])",
        ]
        return with_around(files, self.operation, lines, imports=["from msgspec import structs"])
