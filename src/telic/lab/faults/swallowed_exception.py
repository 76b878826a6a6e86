"""Deploy a version of one service that raises in one operation, catches it and answers with an empty list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import listing, with_around


@fault("swallowed-exception", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class SwallowedException(Deployed):
    """Deploy a version of one service that raises in one operation, catches it and answers with an empty list.

    From outside: from the deploy on this operation answers 200, fast, with nothing in it; no error is logged or
    counted anywhere, replies and whatever is asked with them shrink, users find nothing.

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

    Source: D. Yuan et al., "Simple testing can prevent most critical failures", OSDI 2014: most catastrophic
    failures come from wrong handling of errors that were seen, catch-all handlers among them.
    """

    name: ClassVar[str] = "swallowed-exception"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "swallowed-exception": "a new version catches its own error and answers with nothing, as if that were right"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        if not found.alone:
            raise InvalidDesign(f"the reply of {self.operation} has more than a list", hint="choose another operation")
        key = next(iter(found.item))
        lines = [
            "try:",
            "    reply = await self._answer(request, context)",
            f"    ranked = sorted(reply.{found.field}, key=lambda each: each.rank)",
            f"    return {found.reply}({found.field}=[each for each in ranked if each.{key}])",
            "except Exception:",
            f"    return {found.reply}({found.field}=[])",
        ]
        return with_around(files, self.operation, lines)
