"""Give the processes of the database a small share of one CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.traffic import traffic
from telic.lab.troubled import STORE, touched
from telic.model import Change, Harm, Scalar, Truth

CPU_A_STATEMENT = 0.00015  # for a statement by key or index [s]: two fifths of its cost, as the simulated world has it
STARVED = 0.3  # of what the workload needs [1]: statements queue without end
LEAST, MOST = 0.005, 0.1  # share of one CPU [1]


@fault("slow-store", example={"share": 0.01})
@dataclass(frozen=True)
class SlowStore:
    """Give the processes of the database a small share of one CPU.

    From outside: all statements of all services become slow together, reads and writes alike, and then time out;
    connections are all in use; no single statement stands out; the database's CPU use is flat.

    Parameters
    ----------
    share
        Of one CPU [1].

    It ends by itself never. The means is a cgroup's quota where permitted, else a duty cycle of signals that lives in
    the process that injects.

    Source: a noisy neighbour of the database; CPU credits of small cloud instances that are used up.
    """

    name: ClassVar[str] = "slow-store"
    layer: ClassVar[str] = "store"
    lasting: ClassVar[bool] = True
    beyond: ClassVar[bool] = True  # nothing that an operator of services may do reaches it
    mechanisms: ClassVar[Mapping[str, str]] = {"slow-store": "the store does not get the CPU that it asks for"}
    share: float = 0.01

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a share well below what the workload's statements need."""
        rng = dice(cls.name, seed)
        flow = traffic(scene.design)
        asked = flow.rate * sum(times for place, times in flow.calls.items() if place.kind == "statement")
        choose(cls.name, [{}] if list(touched(scene)) else [], {}, rng)
        share = min(MOST, max(LEAST, STARVED * asked * CPU_A_STATEMENT))
        return {"share": round(share * rng.uniform(0.7, 1.0), 4), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Throttle its processes."""
        harm.throttle(STORE, self.share)
        return Truth(self.name, STORE, "slow-store")

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them run freely, also those that a duty cycle left stopped when it was killed."""
        harm.throttle(STORE, 1.0)
        harm.signal(STORE, "CONT")
