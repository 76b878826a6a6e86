"""Let many clients ask at the same moment, in a fixed rhythm."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import Loaded, usual


@fault(
    "thundering-herd",
    example={
        "service": "gateway",
        "entry": "gateway",
        "mix": "F1=55,F5=15",
        "rate": 12000.0,
        "shape": "pulse:1@2+0.05",
    },
)
@dataclass(frozen=True)
class ThunderingHerd(Loaded):
    """Let many clients ask at the same moment, in a fixed rhythm.

    From outside: requests at the entry come in waves with silence between; in each wave queues fill and users
    wait or are refused, between waves all is well; the mean rate says little.

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

    Source: synchronised clients (cron at full minutes, caches and tokens that run out together); S. Floyd and
    V. Jacobson, "The synchronization of periodic routing messages", IEEE/ACM Transactions on Networking, 1994.
    """

    name: ClassVar[str] = "thundering-herd"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "thundering-herd": "many clients ask at the same moment, again and again"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return what is sent, and how much."""
        entry, period = scene.design.entry, rng.choice((1.0, 1.5, 2.0))
        wave = rng.randrange(500, 700, 50)  # requests that come within 0.05 s [1]
        return [{"service": entry, "mix": usual(scene), "rate": wave / 0.05, "shape": f"pulse:1@{period:g}+0.05"}]
