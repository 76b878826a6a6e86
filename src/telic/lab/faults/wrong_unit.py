"""Deploy a version of one service that gives one number of each thing in another unit."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import listing, with_around


@fault("wrong-unit", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class WrongUnit(Deployed):
    """Deploy a version of one service that gives one number of each thing in another unit.

    From outside: from the deploy on this operation answers 200 as fast as ever, but a number of each thing is a
    hundredth or a hundred times of what it was; nothing is logged, only whoever knows the right value notices.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    times
        1: a hundred times too much, 0: a hundredth.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: H. S. Gunawi et al., "What bugs live in the cloud?", SoCC 2014 (logic bugs); units mixed up at an
    interface, as in the loss of the Mars Climate Orbiter (NASA, 1999).
    """

    name: ClassVar[str] = "wrong-unit"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-unit": "a new version gives a number in another unit than the interface says"
    }
    times: int = 1

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose too much or too little."""
        return {"times": rng.randrange(2)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        numbers = found.numbers()
        if not numbers:
            raise InvalidDesign(f"things of {self.operation} have no number", hint="choose another operation")
        value = f"each.{numbers[-1]} * 100" if self.times else f"each.{numbers[-1]} // 100"
        lines = [
            "reply = await self._answer(request, context)",
            f"changed = [structs.replace(each, {numbers[-1]}={value}) for each in reply.{found.field}]",
            f"return structs.replace(reply, {found.field}=changed)",
        ]
        return with_around(files, self.operation, lines, imports=["from msgspec import structs"])
