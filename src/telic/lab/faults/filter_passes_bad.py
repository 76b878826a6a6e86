"""Push a threshold with which a content filter lets everything through."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault(
    "filter-passes-bad", example={"service": "responsefilter", "key": "filter.threshold", "value": 1.2, "before": 0.6}
)
@dataclass(frozen=True)
class FilterPassesBad(Pushed):
    """Push a threshold with which a content filter lets everything through.

    From outside: from the push on harmful prompts are answered, or answers give away telephone numbers; all is 200
    and in time, and fewer requests are refused than before; only whoever reads the answers notices.

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
    (prompt/response content filter malfunction: inappropriate or harmful content).
    """

    name: ClassVar[str] = "filter-passes-bad"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {"filter-passes-bad": "a content filter lets through what is harmful"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return each filter that users pass, with a threshold that no word reaches."""
        value = round(rng.uniform(0.95, 1.5), 2)
        return [{**each, "value": value} for each in settings_of(scene, "filter.threshold", popular(scene, "service"))]
