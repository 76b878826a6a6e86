"""What faults have in common that are a version of one service: a place, the deploy, the way back."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice
from telic.lab.places import popular, revert_deploy, service_state
from telic.model import Change, Harm, Scalar, Truth


@dataclass(frozen=True)
class Deployed(ABC):
    """A version of one service that differs in one operation."""

    name: ClassVar[str]
    layer: ClassVar[str] = "application"
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means
    service: str
    operation: str
    version: str
    seed: int = 0

    @abstractmethod
    def edits(self, files: Mapping[str, str]) -> Mapping[str, str]:
        """Return the files that the version changes, given those that run; `InvalidDesign` where it cannot be made."""

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose what else there is to choose."""
        return {}

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return where it may happen: below the entry, where many requests pass."""
        running = scene.harm.state().services
        found: list[Params] = []
        for place in popular(scene, "operation"):
            service, _, operation = place.partition(".")
            if service != scene.design.entry and service in running:
                found.append({"service": service, "operation": operation})
        return found

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a place where the version can be made and users are certainly hurt."""
        rng = dice(cls.name, seed)
        sizes, places = cls.sizes(rng), cls.places(scene)
        rng.shuffle(places)
        for each in places:
            if any(each.get(key, value) != value for key, value in fixed.items()):
                continue
            version = service_state(scene.harm, str(each["service"])).version
            params: Params = {**each, **sizes, "version": version, "seed": seed, **fixed}
            try:
                cls(**params).edits(scene.harm.release_files(str(each["service"])))  # type: ignore[arg-type]
            except InvalidDesign:
                continue
            return params
        return choose(cls.name, [], fixed, rng)

    def inject(self, harm: Harm) -> Truth:
        """Deploy as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        change = harm.deploy(
            self.service,
            self.edits(harm.release_files(self.service)),
            author=wording.author(rng),
            summary=wording.deploy_summary(self.service, rng),
        )
        (word,) = self.mechanisms
        return Truth(self.name, self.service, word, self.aliases(), change=change.id)

    def aliases(self) -> tuple[str, ...]:
        """Return other names of the same place."""
        return ()

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Go back to the version before, if this one still runs."""
        revert_deploy(harm, change)
