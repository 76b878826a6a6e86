"""A caller that runs ahead of its callee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.rewriting import with_called


@fault("version-skew", example={"service": "search", "callee": "hotel", "operation": "near", "version": "1"})
@dataclass(frozen=True)
class VersionSkew(Deployed):
    """Deploy a version of a caller that asks for an operation which its callee does not have yet.

    From outside: from the deploy on these calls get 404, at once; the callee is as it was, and well; it sees requests
    for an operation that it does not know.

    Parameters
    ----------
    service
        The caller, which is deployed.
    operation
        Which operation of the callee it asked for until now.
    version
        What ran before.
    callee
        The service that is behind.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it, or a callee that has caught up.

    Source: Y. Zhang et al., "Understanding and detecting software upgrade failures in distributed systems", SOSP 2021
    (nodes of two versions that meet).
    """

    name: ClassVar[str] = "version-skew"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "version-skew": "a new version asks for what its callee does not know yet"
    }
    callee: str = ""

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the calls below the entry that many requests make."""
        asked = set(popular(scene, "operation"))
        found: list[Params] = []
        for each in scene.design.services:
            for operation in each.operations if each.name != scene.design.entry else ():
                if f"{each.name}.{operation.name}" not in asked:
                    continue
                calls = [one for one in operation.calls if one.when == "always" and one.times >= 1]
                found += [{"service": each.name, "callee": one.service, "operation": one.operation} for one in calls]
        return found

    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return what differs."""
        return with_called(files, self.operation, f"{self.operation}_v2")

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->{self.callee}",)
