"""A service of which no process runs, because somebody said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import instance_names, popular
from telic.model import Change, Harm, Scalar, Truth


@fault("scaled-to-zero", example={"service": "hotel"})
@dataclass(frozen=True)
class ScaledToZero:
    """Scale one service to no process at all.

    From outside: from then on callers see refused connections; the service has no process, did not exit by itself and
    is not started again.

    Parameters
    ----------
    service
        Which one.
    seed
        Chooses author and summary.

    It ends by itself never; a restart, or scaling to one, ends it.

    Source: ``scale_pods_to_zero`` in the problem list of AIOpsLab (Y. Chen et al., MLSys 2025).
    """

    name: ClassVar[str] = "scaled-to-zero"
    layer: ClassVar[str] = "orchestration"
    mechanisms: ClassVar[Mapping[str, str]] = {"scaled-to-zero": "somebody let no process of a service run"}
    service: str
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry."""
        candidates: list[Params] = [{"service": each, "seed": seed} for each in popular(scene, "service")]
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Scale it as a colleague would."""
        rng, names = dice(f"{self.name}/words", self.seed), instance_names(harm, self.service)
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        change = harm.scale(self.service, 0, author=author, summary=summary)
        return Truth(self.name, self.service, "scaled-to-zero", names, change=change.id if change else "")

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let one process run, where none does."""
        rng = dice(f"{self.name}/way back", self.seed)
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        harm.scale(self.service, 1, author=author, summary=summary)
