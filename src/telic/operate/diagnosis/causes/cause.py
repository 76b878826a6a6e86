"""A possible cause and the reasons for it, each a likelihood ratio."""

from __future__ import annotations

from dataclasses import dataclass, field

from telic.context.deviation import Deviation

MECHANISMS = {
    "exception": "an operation stops where it used to go on",
    "wrong-result": "an operation takes a path in its code that it did not take",
    "network-delay": "calls to it take longer than it needs to answer them",
    "cpu-starvation": "it uses all the CPU that it gets",
    "memory-pressure": "it uses all the memory that it gets",
    "disk-pressure": "its disk is full or busy",
    "saturation": "one of its resources is used up",
    "delay": "it takes longer, and whom it calls does not explain it",
    "errors": "its requests fail, and whom it calls does not explain it",
    "crash": "it stops, or is stopped, and serves nobody",
    "overload": "more is asked of it than was",
    "unknown": "something is not as it was",
}
"""What telemetry alone can tell of how something fails."""


@dataclass(frozen=True)
class Reason:
    """One reason for a cause: how much likelier what is seen is if it is the cause [nats]."""

    name: str
    nats: float
    says: str
    deviation: Deviation | None = None


@dataclass(frozen=True)
class Cause:
    """One entity and one mechanism."""

    entity: str
    mechanism: str
    signal: str
    reasons: tuple[Reason, ...] = field(default=())
    instance: str = ""
    onset: float = 0.0  # [s since the Unix epoch]; 0: not known
    change: str = ""

    @property
    def nats(self) -> float:
        """All reasons together."""
        return sum(each.nats for each in self.reasons)
