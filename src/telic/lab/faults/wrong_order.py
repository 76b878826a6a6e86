"""Deploy a version of one service that lists what is near in the opposite order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import listing, with_around


@fault("wrong-order", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class WrongOrder(Deployed):
    """Deploy a version of one service that lists what is near in the opposite order.

    From outside: from the deploy on this operation answers 200 as fast as ever with the same things, the
    farthest first; nothing is logged.

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

    Source: H. S. Gunawi et al., "What bugs live in the cloud?", SoCC 2014 (logic bugs); the comparison turned
    round is among the commonest slips.
    """

    name: ClassVar[str] = "wrong-order"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-order": "a new version gives a list in another order than the interface says"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        if not found.having("Geo"):
            raise InvalidDesign(
                f"things of {self.operation} are not anywhere", hint="choose one that lists what is near"
            )
        lines = [
            "reply = await self._answer(request, context)",
            f"return structs.replace(reply, {found.field}=reply.{found.field}[::-1])",
        ]
        return with_around(files, self.operation, lines, imports=["from msgspec import structs"])
