"""Deploy a version of one service that logs every step of one operation."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, fault
from telic.lab.rewriting import with_around


@fault("log-flood", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class LogFlood(Deployed):
    """Deploy a version of one service that logs every step of one operation.

    From outside: from the deploy on the service writes thousands of lines for each request of this operation, spends
    its CPU on them, and answers everything late; part of its telemetry is dropped; what it needs is well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations.
    version
        What ran before.
    lines
        For each request [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: debug logging left on: H. Li et al., "Where shall we log?", and D. Yuan et al., "Be conservative: enhancing
    failure diagnosis with proactive logging", OSDI 2012 (the cost of verbose logs); GitLab incident 2016-11-28.
    """

    name: ClassVar[str] = "log-flood"
    mechanisms: ClassVar[Mapping[str, str]] = {"log-flood": "a new version spends its time on writing its log"}
    lines: int = 3000

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how many lines."""
        return {"lines": rng.randrange(3000, 5000, 500)}

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = [
            f"for step in range({self.lines}):",
            '    LOG.info("step %d of %s", step, request)',
            "return await self._answer(request, context)",
        ]
        above = [f'LOG = logging.getLogger("{self.service}")']
        return with_around(files, self.operation, lines, imports=["import logging"], above=above)
