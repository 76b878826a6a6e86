"""Push a version of requests to learn that only one side of them knows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("tuning-version-conflict", example={"service": "tuning", "key": "tuning.format", "value": 3, "before": 2})
@dataclass(frozen=True)
class TuningVersionConflict(Pushed):
    """Push a version of requests to learn that only one side of them knows.

    From outside: from the push on every order to learn is refused with version_conflict, at once; answers to prompts
    are well, so most users notice nothing; the other side of the call was not changed.

    Parameters
    ----------
    service
        Whose: who asks or who learns.
    key
        Which setting.
    value
        What it is set to.
    before
        What it was.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", sections V-B
    (a conflict of versions made the fine-tune API fail) and VI-B (configuration update).
    """

    name: ClassVar[str] = "tuning-version-conflict"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "tuning-version-conflict": "who asks to learn and who learns mean different versions of the request"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return both sides."""
        step = rng.choice((-1, 1))
        known = settings_of(scene, "tuning.format", popular(scene, "service"))
        return [{**each, "value": int(each["before"]) + step} for each in known]
