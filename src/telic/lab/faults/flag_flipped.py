"""Push a configuration in which the flag of one operation is off."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("flag-flipped", example={"service": "hotel", "key": "feature.near", "value": False, "before": True})
@dataclass(frozen=True)
class FlagFlipped(Pushed):
    """Push a configuration in which the flag of one operation is off.

    From outside: from the push on the service answers this operation with 503 at once, and all others as ever; nothing
    of it reaches its store; callers that cannot do without fail.

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

    Source: P. Hodgson, "Feature toggles", martinfowler.com, 2017 (ops toggles, kill switches); Google Cloud, "Service
    Control", 12 June 2025, incident report (a path without a flag, switched off by a red button).
    """

    name: ClassVar[str] = "flag-flipped"
    layer: ClassVar[str] = "application"
    mechanisms: ClassVar[Mapping[str, str]] = {"flag-flipped": "a flag switches off what users need"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the flags of operations below the entry that many requests need."""
        found: list[Params] = []
        for place in popular(scene, "operation"):
            service, _, operation = place.partition(".")
            if service != scene.design.entry and service in scene.harm.state().services:
                found += [{**each, "value": False} for each in settings_of(scene, f"feature.{operation}", (service,))]
        return found
