"""Change a byte in a share of the answers on one edge."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, fault
from telic.lab.linked import Linked
from telic.model.weather import WeatherGiven


@fault("corrupt-answers", example={"edge": "search->hotel", "corrupt": 0.4})
@dataclass(frozen=True)
class CorruptAnswers(Linked):
    """Change a byte in a share of the answers on one edge.

    From outside: a share of the calls of this edge fails although the callee answered in time and reports success; what
    arrives is no JSON; the log of the caller says so; the change log is empty.

    Parameters
    ----------
    edge
        ``caller->callee``.
    corrupt
        Share of answers [1].

    It ends by itself never; taking the standby link (``failover``) avoids it. Healed by fair weather.

    Source: tc-netem(8), ``corrupt``; J. Stone and C. Partridge, "When the CRC and TCP checksum disagree", SIGCOMM 2000.
    """

    name: ClassVar[str] = "corrupt-answers"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "corrupt-answers": "answers on one edge arrive with other bytes than were sent"
    }
    grows: ClassVar[tuple[str, ...]] = ("corrupt",)
    corrupt: float = 0.4

    @classmethod
    def sizes(cls, rng: random.Random) -> Params:
        """Choose how much."""
        return {"corrupt": round(rng.uniform(0.3, 0.6), 2)}

    def weather(self) -> WeatherGiven:
        """Return the weather."""
        return {"corrupt": self.corrupt}
