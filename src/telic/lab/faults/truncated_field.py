"""Deploy a version of one service that cuts a text of each thing, as a column that is too short does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import listing, with_around


@fault("truncated-field", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class TruncatedField(Deployed):
    """Deploy a version of one service that cuts a text of each thing, as a column that is too short does.

    From outside: from the deploy on this operation answers 200 as fast as ever, with texts cut after two
    characters; nothing is logged.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    length
        So many characters stay [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: silent truncation of values (MySQL without strict mode is the classic); T. Xu et al., "Do not blame
    users for misconfigurations", SOSP 2013.
    """

    name: ClassVar[str] = "truncated-field"
    mechanisms: ClassVar[Mapping[str, str]] = {"truncated-field": "a new version cuts a text that it hands on"}
    length: int = 2

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much stays."""
        return {"length": rng.randint(1, 3)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        texts = [each for each in found.having("str") if not each.endswith("_id")]
        if not texts:
            raise InvalidDesign(f"things of {self.operation} have no text", hint="choose another operation")
        lines = [
            "reply = await self._answer(request, context)",
            f"rows = reply.{found.field}",
            f"short = [structs.replace(each, {texts[-1]}=each.{texts[-1]}[:{self.length}]) for each in rows]",
            f"return structs.replace(reply, {found.field}=short)",
        ]
        return with_around(files, self.operation, lines, imports=["from msgspec import structs"])
