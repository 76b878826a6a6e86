"""Let connections of one edge fall silent without being closed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("half-open", example={"edge": "search->hotel", "silent": 0.8})
@dataclass(frozen=True)
class HalfOpen(Linked):
    """Let connections of one edge fall silent without being closed.

    From outside: a share of the calls of this edge gets no answer at all and times out, the others are as fast as
    ever; the callee never hears of the lost ones; a retry on a new connection goes well.

    Parameters
    ----------
    edge
        ``caller->callee``.
    silent
        Share of requests at which their connection falls silent [1].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: half-open connections (RFC 9293, section 3.5.1): a firewall or NAT that has forgotten a connection.
    """

    name: ClassVar[str] = "half-open"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "half-open-connection": "connections of one edge fall silent without being closed"
    }
    grows: ClassVar[tuple[str, ...]] = ("silent",)
    silent: float = 0.8

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"silent": round(rng.uniform(0.7, 0.95), 2)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"silent": self.silent}
