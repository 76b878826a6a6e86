"""Let many users sign up at once, as after a campaign."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import Loaded, asked_of


@fault("mix-shift", example={"service": "user", "entry": "gateway", "mix": "F7.create=1", "rate": 400.0})
@dataclass(frozen=True)
class MixShift(Loaded):
    """Let many users sign up at once, as after a campaign.

    From outside: one costly operation is asked for many times as often, the others as ever; the service that
    does the work runs out of the threads that it has for it, whoever else needs them is refused or waits.

    Parameters
    ----------
    service
        Where it is felt first.
    entry
        The service that users reach.
    mix
        What is sent: operations and weights.
    rate
        How much, besides the usual [requests/s].
    shape
        How that changes, as loads know it.
    seed
        Of times, operations and keys.

    It ends by itself never; fewer requests end it: a limit at the door, or whoever sends them.

    Source: a shift of what users do rather than of how many they are; B. Beyer et al., "Site Reliability
    Engineering", 2016, chapter 22.
    """

    name: ClassVar[str] = "mix-shift"
    mechanisms: ClassVar[Mapping[str, str]] = {"mix-shift": "users do far more of what costs most"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return what is sent, and how much."""
        return [
            {**each, "rate": float(rng.randrange(350, 450, 10)), "shape": "constant"}
            for each in asked_of(scene, ".create")
        ]
