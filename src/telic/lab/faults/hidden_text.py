"""Push a setting with which characters that nobody sees stay in prompts, and a model does what they say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("hidden-text", example={"service": "chat", "key": "prompt.strip_hidden", "value": False, "before": True})
@dataclass(frozen=True)
class HiddenText(Pushed):
    """Push a setting with which characters that nobody sees stay in prompts, and a model does what they say.

    From outside: from the push on answers to a part of all prompts are about something else than what was asked;
    those prompts look like all others, but have Unicode tags (U+E0000 to U+E007F) at their end.

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

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VII-A
    (hidden text by Unicode tags; the flag enableRemoveUnicodeFromRequest).
    """

    name: ClassVar[str] = "hidden-text"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "hidden-text": "instructions in characters that nobody sees reach a model"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return who takes them out."""
        known = settings_of(scene, "prompt.strip_hidden", popular(scene, "service"))
        return [{**each, "value": False} for each in known]
