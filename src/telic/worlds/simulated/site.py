"""What all instances of one simulated system share."""

from __future__ import annotations

from dataclasses import dataclass

from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network
from telic.worlds.simulated.service import StoresOf


@dataclass(frozen=True)
class Site:
    """Where instances run."""

    loop: VirtualLoop
    clock: LoopClock
    network: Network
    stores: StoresOf
    seed: int
