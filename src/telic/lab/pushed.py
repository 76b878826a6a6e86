"""What faults have in common that are a pushed setting or policy: a place, the push, the way back."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice
from telic.lab.places import policy_back, policy_of, revert_config, service_state
from telic.model import Action, Change, Harm, Scalar, Truth


@dataclass(frozen=True)
class OtherValue(ABC):
    """Something at one place that a colleague gave another value than it should have."""

    name: ClassVar[str]
    layer: ClassVar[str] = "orchestration"
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means

    @classmethod
    @abstractmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt: every parameter of each place but the seed."""

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a place."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{**each, "seed": seed} for each in cls.places(scene, rng)]
        return {**choose(cls.name, candidates, {k: v for k, v in fixed.items() if k != "value"}, rng), **fixed}

    def aliases(self) -> tuple[str, ...]:
        """Return other names of the same place."""
        return ()


@dataclass(frozen=True)
class Pushed(OtherValue):
    """A setting of one service that has another value than it should."""

    service: str
    key: str
    value: Scalar
    before: Scalar
    seed: int = 0

    def inject(self, harm: Harm) -> Truth:
        """Push as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        change = self.push(harm, self.value, rng)
        (word,) = self.mechanisms
        return Truth(self.name, self.entity, word, self.aliases(), change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Push the value before if the other one is still in force."""
        rng = dice(f"{self.name}/way back", self.seed)
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        revert_config(
            harm, self.service, {self.key: self.value}, {self.key: self.before}, author=author, summary=summary
        )

    def push(self, harm: Harm, value: Scalar, rng: random.Random) -> Change:
        """Push `value`."""
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        return harm.push_config(self.service, {self.key: value}, author=author, summary=summary)

    @property
    def entity(self) -> str:
        """What is wrong then."""
        return self.service


@dataclass(frozen=True)
class Policied(Pushed):
    """A field of the policy of an edge or a service that has another value than it should."""

    target: str = ""  # whose policy

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Push the value before if the other one is still in force."""
        if policy_of(harm, self.target).get(self.key) == self.value:
            self.push(harm, self.before, dice(f"{self.name}/way back", self.seed))

    def push(self, harm: Harm, value: Scalar, rng: random.Random) -> Change:
        """Push `value`."""
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        return harm.push_policy(self.target, {self.key: value}, author=author, summary=summary)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return the policy with the value before."""
        return [policy_back(harm, self.target, {self.key: self.before})]

    @property
    def entity(self) -> str:
        """What is wrong then."""
        return self.target


def settings_of(scene: Scene, key: str, services: tuple[str, ...]) -> list[Params]:
    """Return service, key and value before of those of `services` that have a setting called `key`."""
    found: list[Params] = []
    for each in services:
        config = service_state(scene.harm, each).config
        if key in config:
            found.append({"service": each, "key": key, "before": config[key]})
    return found
