"""Deploy a version of one service from before one of its operations was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import fault
from telic.lab.rewriting import without_operation


@fault("wrong-version", example={"service": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class WrongVersion(Deployed):
    """Deploy a version of one service from before one of its operations was there.

    From outside: from the deploy on callers of this operation get 404, at once; the service is ready and well
    in everything else.

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

    Source: wrong image or tag, in AIOpsLab and SREGym ("wrong binary", "incorrect image"); S. Ghosh et al.,
    "How to fight production incidents?", SoCC 2022 (deployment errors).
    """

    name: ClassVar[str] = "wrong-version"
    layer: ClassVar[str] = "orchestration"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-version": "a version runs that does not know an operation that others ask for"
    }

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        return without_operation(files, self.operation)
