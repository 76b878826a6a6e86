"""Let the processes of one service stand still for half a second or more, again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import has_process, instance_names, popular
from telic.model import Change, Harm, Scalar, Truth

SHARES = (0.3, 0.45)  # of the time [1]
EVERY = (1.5, 2.5)  # from one pause to the next [s]


@fault("gc-pauses", example={"service": "hotel", "share": 0.35, "every": 2.0})
@dataclass(frozen=True)
class GcPauses:
    """Let the processes of one service stand still for half a second or more, again and again.

    From outside: in a regular rhythm nothing is answered for half a second or more, then all of it at once; the event
    loop lags by as much; between the pauses all is well; CPU use is low.

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

    Source: stop-the-world collections of garbage; J. Dean and L. A. Barroso, "The Tail at Scale", CACM 2013.
    """

    name: ClassVar[str] = "gc-pauses"
    layer: ClassVar[str] = "process"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {
        "gc-pauses": "the process stands still for part of a second, again and again"
    }
    service: str
    share: float = 0.35
    every: float = 2.0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry, how long and how often."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        places = {key: value for key, value in fixed.items() if key == "service"}
        sizes: Params = {"share": round(rng.uniform(*SHARES), 2), "every": round(rng.uniform(*EVERY), 2)}
        return {**choose(cls.name, candidates, places, rng), **sizes, **fixed}

    def scaled(self, share: float) -> GcPauses:
        """Return the same fault with a `share` [1] of its size, for one that grows."""
        return replace(self, share=self.share * share)

    def inject(self, harm: Harm) -> Truth:
        """Let today's processes stand still again and again."""
        truth = Truth(self.name, self.service, "gc-pauses", aliases=instance_names(harm, self.service))
        harm.pause(self.service, self.share, every=self.every)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them run, also those that were left stopped when the cycle's process was killed."""
        if has_process(harm, self.service):
            harm.pause(self.service, 0.0)
            harm.signal(self.service, "CONT")
