"""Lose a share of the messages on one edge."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("packet-loss", example={"edge": "search->hotel", "loss": 0.25})
@dataclass(frozen=True)
class PacketLoss(Linked):
    """Lose a share of the messages on one edge.

    From outside: most calls of this edge are as fast as ever, some last longer by 0.2, 0.6 or 1.4 s: that is how long
    TCP waits until it sends again, doubled each time; nothing fails but what times out; the callee is well.

    Parameters
    ----------
    edge
        ``caller->callee``.
    loss
        Share of messages that are lost [1].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: RFC 6298 (retransmission timeout and back-off); Linux, whose least timeout is 0.2 s.
    """

    name: ClassVar[str] = "packet-loss"
    mechanisms: ClassVar[Mapping[str, str]] = {"packet-loss": "messages on one edge are lost and sent again"}
    grows: ClassVar[tuple[str, ...]] = ("loss",)
    loss: float = 0.25

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"loss": round(rng.uniform(0.15, 0.35), 2)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"loss": self.loss}
