"""Let one user ask for many answers at once, past a limit that was lifted."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import BESIDE
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of
from telic.model import Change, Harm, Scalar, Truth

BULK = ".bulk"  # the part of an operation that asks for as much as can be asked for


@fault(
    "batch-limit-bypass",
    example={"service": "chat", "key": "limit.choices", "value": 64, "before": 4, "mix": "F1.bulk=1"},
)
@dataclass(frozen=True)
class BatchLimitBypass(Pushed):
    """Let one user ask for many answers at once, past a limit that was lifted.

    From outside: a few requests a second, all of one user, ask for dozens of answers each and fill every batch of the
    model; whoever else asks waits and times out; the number of requests is hardly more than usual.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to.
    before
        What it was.
    mix
        What that user sends.
    rate
        How often [requests/s].
    seed
        Chooses author and summary.

    It ends by itself never; the old limit ends it, though the user goes on to try.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VII-E
    (a malicious user bypassing the batch size limitation).
    """

    name: ClassVar[str] = "batch-limit-bypass"
    layer: ClassVar[str] = "llm"
    lasting: ClassVar[bool] = True
    mechanisms: ClassVar[Mapping[str, str]] = {
        "batch-limit-bypass": "one user asks for far more at once than anybody may"
    }
    mix: str = ""
    rate: float = 4.0

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the limit, and what is asked for past it."""
        entry = scene.design.service(scene.design.entry)
        rate = float(rng.randint(4, 7))
        return [
            {**each, "value": 64, "mix": f"{one}{BULK}=1", "rate": rate}
            for each in settings_of(scene, "limit.choices", popular(scene, "service"))
            for operation in entry.operations
            for one in operation.derives
            if any(call.service == each["service"] for call in operation.calls)
        ]

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose the limit; how often that user comes may be fixed."""
        found = super().plan(scene, seed, {key: value for key, value in fixed.items() if key != "rate"})
        return {**found, **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Lift the limit, and begin to send."""
        truth = super().inject(harm)
        harm.load(BESIDE, mix=self.mix, rate=self.rate, shape="constant", seed=self.seed + 1)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Send no more, and put the limit back."""
        harm.load(BESIDE)
        super().heal(harm, change)
