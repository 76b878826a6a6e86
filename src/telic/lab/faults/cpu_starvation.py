"""A process that does not get the CPU it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import call_rate, has_process, instance_names, popular
from telic.model import Change, Harm, Scalar, Truth

CPU_A_CALL = 0.0003  # what a small Python service needs for one call [s]; measured 0.0002-0.0004 over the hotel's eight
STARVED = 0.35  # of what the service needs [1]: its queue grows without end
LEAST, MOST = 0.005, 0.1  # share of one CPU [1]; below, a cgroup's quota is no longer exact


@fault("cpu-starvation", example={"service": "hotel", "share": 0.05})
@dataclass(frozen=True)
class CpuStarvation:
    """Give the processes of one service a small share of one CPU.

    From outside: every operation that passes the service becomes slow and then times out, also those that do not touch
    a store; the process is runnable or stopped far more than it runs, its event loop lags, its CPU use is flat.

    Parameters
    ----------
    service
        Whose processes; those of today, a restarted process is not held back.
    share
        Of one CPU [1].

    It ends by itself never; a restart ends it. Healed by a share of 1. The means is a cgroup's quota where permitted,
    else a duty cycle of ``SIGSTOP`` and ``SIGCONT`` that lives in the process that injects and dies with it.

    Source: a noisy neighbour or a CPU limit set too low (Kubernetes' CFS throttling).
    """

    name: ClassVar[str] = "cpu-starvation"
    layer: ClassVar[str] = "host"
    lasting: ClassVar[bool] = True
    service: str
    share: float = 0.05

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a busy service and a share well below what its traffic needs."""
        rng = dice(cls.name, seed)
        places = popular(scene, "service")
        busiest = max((call_rate(scene, each) for each in places), default=0.0)
        candidates: list[Params] = [{"service": each} for each in places if call_rate(scene, each) >= busiest / 4]
        chosen = choose(cls.name, candidates, {key: value for key, value in fixed.items() if key != "share"}, rng)
        needed = call_rate(scene, str(chosen["service"])) * CPU_A_CALL
        share = min(MOST, max(LEAST, STARVED * needed)) * rng.uniform(0.8, 1.0)
        return {**chosen, "share": round(share, 4), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Throttle today's processes."""
        truth = Truth(self.name, self.service, "cpu-starvation", aliases=instance_names(harm, self.service))
        harm.throttle(self.service, self.share)
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let them run freely, also those that a duty cycle left stopped when it was killed."""
        if has_process(harm, self.service):
            harm.throttle(self.service, 1.0)
            harm.signal(self.service, "CONT")
