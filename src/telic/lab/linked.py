"""What faults have in common that are the weather of one edge's primary link."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from telic.lab.fault import Params, Scene, choose, dice
from telic.lab.places import popular
from telic.model import Change, Harm, Scalar, Truth
from telic.model.weather import WeatherGiven


@dataclass(frozen=True)
class Linked(ABC):
    """The weather of one edge between services; the standby link is fair."""

    name: ClassVar[str]
    layer: ClassVar[str] = "network"
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means
    grows: ClassVar[tuple[str, ...]] = ()  # parameters of which there may be less
    edge: str

    @abstractmethod
    def weather(self) -> WeatherGiven:
        """Return the weather."""

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose what else there is to choose."""
        return {}

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an edge between services that many requests pass, and the sizes."""
        rng = dice(cls.name, seed)
        services = set(scene.harm.state().services)
        candidates: list[Params] = [
            {"edge": each} for each in popular(scene, "edge") if set(each.split("->")) <= services
        ]
        places = {key: value for key, value in fixed.items() if key == "edge"}
        return {**choose(cls.name, candidates, places, rng), **cls.sizes(rng), **fixed}

    def scaled(self, share: float) -> Self:
        """Return the same fault with a `share` [1] of its size, for one that grows."""
        less: dict[str, Any] = {each: getattr(self, each) * share for each in self.grows}
        return replace(self, **less)

    def inject(self, harm: Harm) -> Truth:
        """Hurt link ``a``."""
        harm.link(self.edge, **self.weather())
        (word,) = self.mechanisms
        return Truth(self.name, self.edge, word)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let messages pass."""
        harm.link(self.edge)
