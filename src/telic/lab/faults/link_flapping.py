"""Cut one edge off and connect it again, in turns."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("link-flapping", example={"edge": "search->hotel", "every": 2.0, "share": 0.5})
@dataclass(frozen=True)
class LinkFlapping(Linked):
    """Cut one edge off and connect it again, in turns.

    From outside: calls of this edge time out for a second or so, then everything that waited arrives at once, again
    and again in the same rhythm; between two cuts all is well.

    Parameters
    ----------
    edge
        ``caller->callee``.
    every
        From one cut to the next [s].
    share
        Of that time in which nothing passes [1].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: flapping interfaces and routes (RFC 2439); routers that lose and find a link again.
    """

    name: ClassVar[str] = "link-flapping"
    mechanisms: ClassVar[Mapping[str, str]] = {"link-flapping": "one edge is cut off and connected again, in turns"}
    every: float = 2.0
    share: float = 0.5

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"every": round(rng.uniform(1.6, 3.0), 1), "share": round(rng.uniform(0.4, 0.6), 2)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"drop": True, "every": self.every, "share": self.share}
