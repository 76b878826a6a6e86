"""Deploy a version of one service that keeps answers under a key without the question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import listing, require_read, with_around


@fault("cache-key", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class CacheKey(Deployed):
    """Deploy a version of one service that keeps answers under a key without the question.

    From outside: from the deploy on everybody who asks for this operation gets, fast, what the first one got;
    calls below it stop, nothing is logged; users see other people's answers.

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

    Source: caches that leave out tenant or arguments, such as the ChatGPT incident of 20 March 2023 (OpenAI)
    and the Steam Store incident of 25 December 2015 (Valve): users saw other users pages.
    """

    name: ClassVar[str] = "cache-key"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "cache-key": "a new version keeps answers under a key that leaves out what was asked"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        found = listing(files, self.operation)
        require_read(files, self.operation)
        lines = [
            "if context.operation not in _KEPT:",
            "    _KEPT[context.operation] = await self._answer(request, context)",
            "return _KEPT[context.operation]",
        ]
        return with_around(files, self.operation, lines, above=[f"_KEPT: dict[str, {found.reply}] = {{}}"])
