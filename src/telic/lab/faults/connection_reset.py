"""Break off a share of the answers on one edge."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("connection-reset", example={"edge": "search->hotel", "fail": 0.5})
@dataclass(frozen=True)
class ConnectionReset(Linked):
    """Break off a share of the answers on one edge.

    From outside: a share of the calls of this edge fails at once with ``connection_reset``, under any load; the
    callee sees fewer requests and is well; retries hide some of it.

    Parameters
    ----------
    edge
        ``caller->callee``.
    fail
        Share of requests [1].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: AIOpsLab's network faults (Y. Chen et al., MLSys 2025); middleboxes that drop their tables and answer RST.
    """

    name: ClassVar[str] = "connection-reset"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "connection-reset": "connections of one edge are reset while a request is under way"
    }
    grows: ClassVar[tuple[str, ...]] = ("fail",)
    fail: float = 0.5

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"fail": round(rng.uniform(0.4, 0.8), 2)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"fail": self.fail}
