"""Push a policy in which a caller gives up sooner than its callee can answer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Policied


@fault(
    "timeout-too-short",
    example={"service": "search", "target": "search->hotel", "key": "timeout", "value": 0.001, "before": 0.6},
)
@dataclass(frozen=True)
class TimeoutTooShort(Policied):
    """Push a policy in which a caller gives up sooner than its callee can answer.

    From outside: from the push on calls of this edge time out although the callee answers as fast as ever; the
    callee sees callers leave.

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

    Source: T. Dai et al., "Understanding real-world timeout problems in cloud server systems", IC2E 2018
    (misused timeouts).
    """

    name: ClassVar[str] = "timeout-too-short"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "timeout-too-short": "a caller gives up before its callee can have answered"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        state = scene.harm.state()
        wait = rng.choice((0.0005, 0.001))
        found: list[Params] = []
        for edge in popular(scene, "edge"):
            caller, _, callee = edge.partition("->")
            policy = state.services[caller].policies.get(edge) if caller in state.services else None
            if callee in state.services and isinstance(policy, Mapping):
                before = float(str(policy["timeout"]))
                found.append({"service": caller, "target": edge, "key": "timeout", "value": wait, "before": before})
        return found
