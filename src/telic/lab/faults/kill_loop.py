"""Kill every process of one service some seconds after it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import instance_names, popular
from telic.model import Change, Harm, Scalar, Truth

LIVES = (1.0, 2.0)  # [s]


@fault("kill-loop", example={"service": "hotel", "life": 1.5})
@dataclass(frozen=True)
class KillLoop:
    """Kill every process of one service some seconds after it came.

    From outside: the service ends by signal 9, is started with growing back-off, answers for a second or two and ends
    again; no version and no setting has changed, and its log says nothing.

    Parameters
    ----------
    service
        Whose processes.
    life
        After which each is killed [s].

    It ends by itself never, not even by a restart. What kills lives in the process that injects and dies with it.

    Source: liveness probes that are too strict (kubernetes.io, "Configure Liveness, Readiness and Startup Probes");
    watchdogs.
    """

    name: ClassVar[str] = "kill-loop"
    layer: ClassVar[str] = "process"
    lasting: ClassVar[bool] = True
    beyond: ClassVar[bool] = True  # nothing that an operator of services may do reaches it
    mechanisms: ClassVar[Mapping[str, str]] = {"kill-loop": "something outside kills the process again and again"}
    service: str
    life: float = 1.5

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry, and how long its processes live."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        places = {key: value for key, value in fixed.items() if key == "service"}
        return {**choose(cls.name, candidates, places, rng), "life": round(rng.uniform(*LIVES), 2), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Let no process live longer."""
        truth = Truth(self.name, self.service, "kill-loop", aliases=instance_names(harm, self.service))
        harm.limit(self.service, life=self.life)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them live."""
        harm.limit(self.service)
