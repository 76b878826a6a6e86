"""Let the wall clock of one service be days off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import has_process, instance_names, token_services
from telic.model import Action, Change, Harm, Scalar, Truth

DAY = 86_400.0  # a token lives for one [s]
DAYS = (1.2, 3.0)  # [1]


@fault("clock-skew", example={"service": "gateway", "seconds": 172800.0})
@dataclass(frozen=True)
class ClockSkew:
    """Let the wall clock of one service be days off.

    From outside: users who are logged in are refused with 401 because their tokens have expired, also right after a
    login; whoever brings no token is served as ever; what the service records bears times that are days off.

    Parameters
    ----------
    service
        Whose processes; those of today, a restarted process has the right time.
    seconds
        By how much its clock is ahead; below 0: behind [s].

    It ends by itself never; a restart ends it.

    Source: ``TimeChaos`` of Chaos Mesh (chaos-mesh.org), which does it in the same way: the code that tells the time
    is written over in one process; clocks in P. Bailis and K. Kingsbury, "The network is reliable", CACM 2014.
    """

    name: ClassVar[str] = "clock-skew"
    layer: ClassVar[str] = "host"
    mechanisms: ClassVar[Mapping[str, str]] = {"clock-skew": "the wall clock of one service is wrong"}
    service: str
    seconds: float = 2 * DAY

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose who checks tokens, and by how much it is ahead: more than a token lives."""
        rng = dice(cls.name, seed)
        size = float(round(rng.uniform(*DAYS) * DAY))
        candidates: list[Params] = [{"service": each, "seconds": size} for each in token_services(scene)]
        places = {key: value for key, value in fixed.items() if key == "service"}
        return {**choose(cls.name, candidates, places, rng), **fixed}

    def scaled(self, share: float) -> ClockSkew:
        """Return the same fault with a `share` [1] of its size, for one that grows."""
        return replace(self, seconds=self.seconds * share)

    def inject(self, harm: Harm) -> Truth:
        """Put today's clocks forward or back."""
        truth = Truth(self.name, self.service, "clock-skew", aliases=instance_names(harm, self.service))
        harm.skew(self.service, self.seconds)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Put them right."""
        if has_process(harm, self.service):
            harm.skew(self.service, 0.0)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return a restart."""
        return [Action("restart", self.service)]
