"""Let few bytes a second pass one edge."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("bandwidth", example={"edge": "search->hotel", "rate": 1500.0})
@dataclass(frozen=True)
class Bandwidth(Linked):
    """Let few bytes a second pass one edge.

    From outside: calls of this edge take longer the larger the message and the more there are; with load they queue
    until they time out; small answers at quiet times are fast; the callee is well.

    Parameters
    ----------
    edge
        ``caller->callee``.
    rate
        Bytes that pass each way [1/s].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: tc-tbf(8); a link that somebody else fills, a quota of a cloud's network.
    """

    name: ClassVar[str] = "bandwidth"
    mechanisms: ClassVar[Mapping[str, str]] = {"bandwidth": "messages on one edge queue for too little bandwidth"}
    rate: float = 1500.0

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"rate": float(rng.randrange(800, 2000, 100))}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"rate": self.rate}
