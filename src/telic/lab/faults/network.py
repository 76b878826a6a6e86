"""A network path that delays or loses everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import UsageError
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular
from telic.model import Change, Harm, Scalar, Truth

DELAYS = (0.15, 0.4)  # [s]; all above the 0.1 s in which users want their answer, all below usual timeouts


@fault("network", example={"edge": "search->hotel", "kind": "delay", "delay": 0.25})
@dataclass(frozen=True)
class Network:
    """Delay or drop all messages on the primary link of one edge.

    From outside. Delay: the caller's spans of this edge last longer by the delay, the callee's own do not.
    Partition: the caller's calls time out or are refused, the callee sees fewer requests and is well.
    The standby link is not touched.

    Parameters
    ----------
    edge
        ``caller->callee``.
    kind
        ``delay`` or ``partition``.
    delay
        Of each message [s]; means nothing for a partition.

    It ends by itself never; taking the standby link (``failover``) avoids it.

    Source: A. Alquraan et al., "An Analysis of Network-Partitioning Failures in Cloud Systems", OSDI 2018 (partial
    partitions between some nodes are as common as complete ones).
    """

    name: ClassVar[str] = "network"
    layer: ClassVar[str] = "network"
    edge: str
    kind: str = "delay"
    delay: float = 0.25

    def __post_init__(self) -> None:
        if self.kind not in ("delay", "partition"):
            raise UsageError(f"network: kind {self.kind!r}", hint="one of delay, partition")

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an edge between services and one of the two kinds."""
        rng = dice(cls.name, seed)
        services = set(scene.harm.state().services)
        edges = [each for each in popular(scene, "edge") if set(each.split("->")) <= services]
        candidates: list[Params] = [{"edge": each, "kind": kind} for each in edges for kind in ("delay", "partition")]
        chosen = choose(cls.name, candidates, {key: value for key, value in fixed.items() if key != "delay"}, rng)
        return {**chosen, "delay": round(rng.uniform(*DELAYS), 3) if chosen["kind"] == "delay" else 0.0, **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Hurt link ``a``."""
        if self.kind == "partition":
            harm.link(self.edge, drop=True)
        else:
            harm.link(self.edge, delay=self.delay)
        return Truth(self.name, self.edge, f"network-{self.kind}")

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let messages pass."""
        harm.link(self.edge)
