"""Deploy a version of one service in which an operation does not wait for its own work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import with_around


@fault("missing-await", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class MissingAwait(Deployed):
    """Deploy a version of one service in which an operation does not wait for its own work.

    From outside: from the deploy on this operation fails at once with 500 and a stack trace that tells of a
    task that cannot be encoded; its callees and its store are asked as ever, and nobody waits for what they say.

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

    Source: H. S. Gunawi et al., "What bugs live in the cloud?", SoCC 2014; the commonest slip with asyncio
    ("Developing with asyncio", docs.python.org/3/library/asyncio-dev.html).
    """

    name: ClassVar[str] = "missing-await"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "missing-await": "a new version forgets to wait for its own work and answers with a promise"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        lines = ["return asyncio.ensure_future(self._answer(request, context))"]
        return with_around(files, self.operation, lines, imports=["import asyncio"])
