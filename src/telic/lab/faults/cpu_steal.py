"""Let a neighbour take the CPU from the processes of one service, in slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import has_process, instance_names, popular
from telic.model import Change, Harm, Scalar, Truth

SHARES = (0.7, 0.85)  # of the time [1]
EVERY = (0.3, 0.5)  # from one pause to the next [s]


@fault("cpu-steal", example={"service": "hotel", "share": 0.75, "every": 0.4})
@dataclass(frozen=True)
class CpuSteal:
    """Let a neighbour take the CPU from the processes of one service, in slices.

    From outside: every operation of the service is late by up to a slice, under any load; the process is stopped far
    more than it runs, in many short pieces; its own CPU use falls; with load its queue grows.

    Parameters
    ----------
    service
        Whose processes.
    share
        Of the time in which they stand still [1].
    every
        From one pause to the next [s].

    It ends by itself never; a restart ends it. The cycle of ``SIGSTOP`` and ``SIGCONT`` lives in the process that
    injects and dies with it.

    Source: "steal time" of virtual machines (proc_stat(5)); noisy neighbours in J. Dean and L. A. Barroso, "The Tail
    at Scale", CACM 2013.
    """

    name: ClassVar[str] = "cpu-steal"
    layer: ClassVar[str] = "host"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {"cpu-steal": "a neighbour takes the CPU for most of the time, in slices"}
    service: str
    share: float = 0.75
    every: float = 0.4

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry, how long and how often."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        places = {key: value for key, value in fixed.items() if key == "service"}
        sizes: Params = {"share": round(rng.uniform(*SHARES), 2), "every": round(rng.uniform(*EVERY), 2)}
        return {**choose(cls.name, candidates, places, rng), **sizes, **fixed}

    def scaled(self, share: float) -> CpuSteal:
        """Return the same fault with a `share` [1] of its size, for one that grows."""
        return replace(self, share=self.share * share)

    def inject(self, harm: Harm) -> Truth:
        """Let today's processes stand still again and again."""
        truth = Truth(self.name, self.service, "cpu-steal", aliases=instance_names(harm, self.service))
        harm.pause(self.service, self.share, every=self.every)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them run, also those that were left stopped when the cycle's process was killed."""
        if has_process(harm, self.service):
            harm.pause(self.service, 0.0)
            harm.signal(self.service, "CONT")
