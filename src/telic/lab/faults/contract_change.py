"""Deploy a version of one service whose answers name a field otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import reply_of, structs, with_struct


@fault("contract-change", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class ContractChange(Deployed):
    """Deploy a version of one service whose answers name a field otherwise.

    From outside: from the deploy on the service answers this operation 200, fast, and says nothing; its callers
    cannot read the answer and fail.

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

    Source: Y. Zhang et al., "Understanding and detecting software upgrade failures in distributed systems",
    SOSP 2021 (incompatible data syntax leads the causes).
    """

    name: ClassVar[str] = "contract-change"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "contract-change": "a new version names a field of its answer otherwise than its callers expect"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        reply = reply_of(files, self.operation)
        fields = structs(files)[reply]
        if not fields:
            raise InvalidDesign(f"{reply} has no field", hint="choose another operation")
        first = next(iter(fields))
        words = first.split("_")
        named = words[0] + "".join(each.capitalize() for each in words[1:]) if len(words) > 1 else f"{first}List"
        return with_struct(files, reply, keyword=f'rename={{"{first}": "{named}"}}')
