"""A process that is there and does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import has_process, instance_names, popular
from telic.model import Change, Harm, Scalar, Truth


@fault("hang", example={"service": "hotel"})
@dataclass(frozen=True)
class Hang:
    """Stop every process of one service without ending it.

    From outside: connections are accepted by the kernel, no request is answered, callers run into their timeouts; the
    service's own telemetry falls silent; the process stays in state ``T`` and nobody restarts it.

    Parameters
    ----------
    service
        Whose processes.

    It ends by itself never; a restart ends it. Healed by ``SIGCONT``.

    Source: H. S. Gunawi et al., "Why does the cloud stop computing?", SoCC 2016 (hangs among the failures that
    liveness probes of ports miss).
    """

    name: ClassVar[str] = "hang"
    layer: ClassVar[str] = "process"
    service: str

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service below the entry."""
        candidates: list[Params] = [{"service": each} for each in popular(scene, "service")]
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Send ``SIGSTOP``."""
        truth = Truth(self.name, self.service, "hang", aliases=instance_names(harm, self.service))
        harm.signal(self.service, "STOP")
        return truth

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Send ``SIGCONT``; a process that runs takes no notice."""
        if has_process(harm, self.service):
            harm.signal(self.service, "CONT")
