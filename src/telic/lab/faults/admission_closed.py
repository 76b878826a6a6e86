"""Push a policy with which a service refuses a share of all requests at its door."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Policied


@fault("admission-closed", example={"service": "hotel", "target": "hotel", "key": "shed", "value": 0.8, "before": 0.0})
@dataclass(frozen=True)
class AdmissionClosed(Policied):
    """Push a policy with which a service refuses a share of all requests at its door.

    From outside: from the push on the service answers a share of its requests 429 at once, while it is idle;
    what it lets in is as fast as ever.

    Parameters
    ----------
    service
        Whose.
    target
        Whose policy: a service, or ``caller->callee``.
    key
        Which setting.
    value
        What it is set to.
    before
        What it was.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: a rate limit or quota set too low; S. Ghosh et al., "How to fight production incidents?", SoCC 2022;
    "quota" in T. Xu et al., "Do not blame users for misconfigurations", SOSP 2013.
    """

    name: ClassVar[str] = "admission-closed"
    mechanisms: ClassVar[Mapping[str, str]] = {"admission-closed": "a service refuses requests that it could serve"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        state = scene.harm.state()
        share = rng.choice((0.7, 0.8, 0.9))
        found: list[Params] = []
        for service in popular(scene, "service"):
            policy = state.services[service].policies.get(service)
            if isinstance(policy, Mapping):
                before = float(str(policy["shed"]))
                found.append({"service": service, "target": service, "key": "shed", "value": share, "before": before})
        return found
