"""Let many times as many users come, who do what users do."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import Loaded, usual


@fault("surge", example={"service": "gateway", "entry": "gateway", "mix": "F1=55,F5=15", "rate": 3000.0})
@dataclass(frozen=True)
class Surge(Loaded):
    """Let many times as many users come, who do what users do.

    From outside: requests at the entry multiply at once, operations keep their shares; queues and CPU of
    everything grow together; nobody changed anything.

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

    Source: L. Huang et al., "Metastable failures in the wild", OSDI 2022 (load spikes lead the triggers);
    sales, news and bots in public post-mortems.
    """

    name: ClassVar[str] = "surge"
    mechanisms: ClassVar[Mapping[str, str]] = {"surge": "many times as many users come as usual"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return what is sent, and how much."""
        entry = scene.design.entry
        return [
            {"service": entry, "mix": usual(scene), "rate": float(rng.randrange(2500, 3500, 100)), "shape": "constant"}
        ]
