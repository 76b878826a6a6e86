"""Push a limit on tokens that usual prompts or answers do not keep."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of

LIMITS = ("limit.prompt_tokens", "limit.answer_tokens")


@fault("token-limit", example={"service": "chat", "key": "limit.prompt_tokens", "value": 20, "before": 1500})
@dataclass(frozen=True)
class TokenLimit(Pushed):
    """Push a limit on tokens that usual prompts or answers do not keep.

    From outside: from the push on most prompts are refused as too_long, at once, the short ones are answered as ever;
    the workers have less to do than usual.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting: of prompts or of answers.
    value
        What it is set to [tokens].
    before
        What it was [tokens].
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VI-B
    (configuration gaps: maximum sizes for prompt tokens) and VII-C (increase the configuration limit).
    """

    name: ClassVar[str] = "token-limit"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {"token-limit": "a limit on tokens is lower than what users need"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return both limits wherever users pass."""
        value = rng.randint(14, 26)
        return [
            {**each, "value": value} for key in LIMITS for each in settings_of(scene, key, popular(scene, "service"))
        ]
