"""Let requests of one edge arrive and no answer come back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("partition-oneway", example={"edge": "search->hotel", "way": "back"})
@dataclass(frozen=True)
class PartitionOneway(Linked):
    """Let requests of one edge arrive and no answer come back.

    From outside: the caller's calls time out, and yet the callee gets every one of them, answers in time and reports
    success; retries multiply what the callee does; writes happen though nobody hears of it.

    Parameters
    ----------
    edge
        ``caller->callee``.
    way
        ``back``: answers are lost. ``there``: requests are.

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: A. Alquraan et al., "An Analysis of Network-Partitioning Failures in Cloud Systems", OSDI 2018, section 2
    (simplex partitions).
    """

    name: ClassVar[str] = "partition-oneway"
    mechanisms: ClassVar[Mapping[str, str]] = {"partition-oneway": "messages on one edge arrive one way only"}
    way: str = "back"

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"way": "back"}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"drop": True, "way": self.way}
