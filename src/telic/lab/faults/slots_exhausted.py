"""Take most of the slots in which one service does its work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import call_rate, instance_names, popular
from telic.model import Change, Harm, Scalar, Truth

OVERLOAD = 1.1  # times what will be left has to be needed [1]


@fault("slots-exhausted", example={"service": "hotel", "share": 0.25})
@dataclass(frozen=True)
class SlotsExhausted:
    """Take most of the slots in which one service does its work.

    From outside: requests wait for a slot for longer and longer, and are shed or time out; what gets a slot is as
    fast as ever; CPU use is low; the number of slots in use stands at its limit, which is lower than it was.

    Parameters
    ----------
    service
        Whose slots.
    share
        Of its slots that is left [1].

    It ends by itself never.

    Source: thread pools whose threads wait for ever; M. Nygard, "Release It!", 2nd edition, 2018 ("Blocked Threads").
    """

    name: ClassVar[str] = "slots-exhausted"
    layer: ClassVar[str] = "process"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "slots-exhausted": "most of a service's slots are taken and not given back"
    }
    service: str
    share: float = 0.25

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service whose traffic needs more slots than will be left, and how many are."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = []
        for each in popular(scene, "service"):
            capacity = scene.design.service(each).capacity
            needed = call_rate(scene, each) * capacity.service_time if capacity else 0.0  # slots in use on average [1]
            left = max(1, int(needed / OVERLOAD)) if capacity else 0
            if capacity and left < capacity.slots and needed >= OVERLOAD:
                candidates.append({"service": each, "share": round(left / capacity.slots, 4)})
        return choose(cls.name, candidates, fixed, rng)

    def inject(self, harm: Harm) -> Truth:
        """Take the slots."""
        truth = Truth(self.name, self.service, "slots-exhausted", aliases=instance_names(harm, self.service))
        harm.capacity(self.service, self.share)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Give them back."""
        harm.capacity(self.service, 1.0)
