"""What faults have in common that are a load: who sends it, what of, and how it ends."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice
from telic.model import Change, Harm, Scalar, Truth

BESIDE = "others"  # the name of the load


@dataclass(frozen=True)
class Loaded(ABC):
    """Requests of others, besides the usual ones."""

    name: ClassVar[str]
    layer: ClassVar[str] = "workload"
    lasting: ClassVar[bool] = True
    beyond: ClassVar[bool] = True  # who sends the requests, no tool of an operator reaches
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means
    service: str
    entry: str
    mix: str
    rate: float
    shape: str = "constant"
    seed: int = 0

    @classmethod
    @abstractmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where it may be felt: service, mix, rate and shape."""

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose what is sent."""
        rng = dice(cls.name, seed)
        entry = scene.design.entry
        found: list[Params] = [{**each, "entry": entry, "seed": seed} for each in cls.places(scene, rng)]
        sizes = ("rate", "mix", "shape")
        return {**choose(cls.name, found, {k: v for k, v in fixed.items() if k not in sizes}, rng), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Begin to send."""
        harm.load(BESIDE, mix=self.mix, rate=self.rate, shape=self.shape, seed=self.seed + 1)
        (word,) = self.mechanisms
        return Truth(self.name, self.service, word, (self.entry,) if self.entry != self.service else ())

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Send no more."""
        harm.load(BESIDE)


def usual(scene: Scene) -> str:
    """Return the mix of the design's first workload."""
    return ",".join(f"{name}={weight:g}" for name, weight in scene.design.workloads[0].mix.items())


def asked_of(scene: Scene, ending: str) -> list[Params]:
    """Return what a user may ask whose id ends so (``.login``): its id as a mix, and the service that does the work.

    Of users who have a password where there are any: checking and making one costs most.
    """
    entry = scene.design.service(scene.design.entry)
    asked = [(one, each) for each in entry.operations for one in each.derives if one.endswith(ending) and each.calls]
    accounts = {one.partition(".")[0] for each in entry.operations for one in each.derives if one.endswith(".login")}
    chosen = [each for each in asked if each[0].partition(".")[0] in accounts] or asked
    return [{"mix": f"{one}=1", "service": each.calls[0].service} for one, each in chosen]
