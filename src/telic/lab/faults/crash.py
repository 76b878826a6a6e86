"""End every process of one service once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import instance_names, popular
from telic.model import Change, Harm, Scalar, Truth


@fault("crash", example={"service": "hotel"})
@dataclass(frozen=True)
class Crash:
    """End every process of one service once.

    From outside: for part of a second callers see reset and refused connections, then all is well; the process has
    another pid and one restart more, its last exit is signal 9; telemetry that was not sent is lost.

    Parameters
    ----------
    service
        Whose processes.

    It ends by itself as soon as the supervisor has started the process again.

    Source: A. Basiri et al., "Chaos Engineering", IEEE Software 2016 (Chaos Monkey ends instances).
    """

    name: ClassVar[str] = "crash"
    layer: ClassVar[str] = "process"
    passing: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {"crash": "the process ended once and was started again"}
    service: str

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry."""
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Send ``SIGKILL``."""
        truth = Truth(self.name, self.service, "crash", aliases=instance_names(harm, self.service))
        harm.signal(self.service, "KILL")
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Nothing is left: the supervisor has started it again."""
