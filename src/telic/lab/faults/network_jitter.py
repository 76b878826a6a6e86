"""Make messages on one edge late by an amount that changes with each."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("network-jitter", example={"edge": "search->hotel", "jitter": 0.25})
@dataclass(frozen=True)
class NetworkJitter(Linked):
    """Make messages on one edge late by an amount that changes with each.

    From outside: calls of this edge take anything from nothing to half a second longer; the mean grows far less than
    the spread; the callee's own spans do not change; answers of one connection keep their order.

    Parameters
    ----------
    edge
        ``caller->callee``.
    jitter
        Each message is late by up to twice so much [s].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: tc-netem(8), ``delay TIME JITTER``; queues that fill and drain in shared networks.
    """

    name: ClassVar[str] = "network-jitter"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "network-jitter": "messages on one edge take a time that changes with each"
    }
    grows: ClassVar[tuple[str, ...]] = ("jitter",)
    jitter: float = 0.25

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"jitter": round(rng.uniform(0.2, 0.35), 3)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"jitter": self.jitter, "delay": self.jitter}
