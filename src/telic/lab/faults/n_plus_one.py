"""Deploy a version of one service that reads each field of each thing that it found by a query of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import answering, listing, one_by_key, uses, with_around


@fault("n-plus-one", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class NPlusOne(Deployed):
    """Deploy a version of one service that reads each field of each thing that it found by a query of its own.

    From outside: from the deploy on one request makes hundreds of quick queries one after the other; each is as
    fast as ever, their number a request has multiplied; the operation takes as long as all of them.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    rounds
        How often it reads each field [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: J. Yang et al., "How not to structure your database-backed web applications", ICSE 2018 (lazy
    loading is the commonest performance bug of ORMs).
    """

    name: ClassVar[str] = "n-plus-one"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "n-plus-one": "a new version asks the database once for each thing and field instead of once"
    }
    rounds: int = 3

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how often."""
        return {"rounds": rng.randint(3, 5)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        _, owner, _ = answering(files, self.operation)
        getter = one_by_key(files)
        if not uses(owner, "_store"):
            raise InvalidDesign(f"{self.operation} has no store", hint="choose an operation that asks a store")
        key = next(iter(found.item))
        names = ", ".join(f'"{each}"' for each in list(found.item) * self.rounds)
        lines = [
            "reply = await self._answer(request, context)",
            "rows = {}",
            f"for each in reply.{found.field}:",
            f"    for field in ({names}):",
            f"        rows[each.{key}, field] = getattr(await self._store.{getter}(each.{key}), field, None)",
            "return reply",
        ]
        return with_around(files, self.operation, lines)
