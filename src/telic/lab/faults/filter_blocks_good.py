"""Push a threshold with which a content filter takes harmless words for harmful ones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault(
    "filter-blocks-good", example={"service": "promptfilter", "key": "filter.threshold", "value": 0.2, "before": 0.6}
)
@dataclass(frozen=True)
class FilterBlocksGood(Pushed):
    """Push a threshold with which a content filter takes harmless words for harmful ones.

    From outside: from the push on a part of all prompts is refused as filtered, or a part of all answers has holes;
    whoever killed a process or attacked a pawn before is treated like a criminal now; no error, nothing is late.

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
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section V-A
    (prompt/response content filter malfunction: false alarms that filter valid prompts or responses).
    """

    name: ClassVar[str] = "filter-blocks-good"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {"filter-blocks-good": "a content filter stops what is harmless"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return each filter that users pass, with a threshold that everyday words reach."""
        value = round(rng.uniform(0.1, 0.28), 2)
        return [{**each, "value": value} for each in settings_of(scene, "filter.threshold", popular(scene, "service"))]
