"""A configuration that points to where nobody listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_config
from telic.model import Change, Harm, Scalar, Truth

PORTS = range(20100, 20990)  # below what worlds hand out


@fault("wrong-port", example={"service": "search", "callee": "hotel", "port": 20150, "before": 22011, "seed": 0})
@dataclass(frozen=True)
class WrongPort:
    """Push a configuration in which the port of a callee is one where nobody listens.

    From outside: all calls of this edge fail at once with ``connection_refused``, from the push on; the callee sees no
    more requests from this caller and is well; the change log has the push.

    Parameters
    ----------
    service
        The caller whose configuration is pushed.
    callee
        Whose port is wrong in it.
    port
        The wrong port [1].
    before
        The right one [1].
    seed
        Chooses author and summary.

    It ends by itself never; the old value, or a failover to the standby link, ends it.

    Source: AIOpsLab's ``misconfig_app`` and port problems (Y. Chen et al., MLSys 2025).
    """

    name: ClassVar[str] = "wrong-port"
    layer: ClassVar[str] = "network"
    service: str
    callee: str
    port: int
    before: int
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an edge between services, and a port that no link has."""
        rng = dice(cls.name, seed)
        state = scene.harm.state()
        taken = {port for link in state.links.values() for port in link.ports.values()}
        candidates: list[Params] = []
        for edge in popular(scene, "edge"):
            caller, _, callee = edge.partition("->")
            before = state.services[caller].config.get(f"upstream.{callee}.port") if caller in state.services else None
            if callee in state.services and before is not None:
                candidates.append({"service": caller, "callee": callee, "before": int(before), "seed": seed})
        places = {key: value for key, value in fixed.items() if key != "port"}
        chosen = choose(cls.name, candidates, places, rng)
        port = rng.choice([each for each in PORTS if each not in taken])
        return {**chosen, "port": port, **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Push the wrong port as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        change = harm.push_config(
            self.service,
            {self._key: self.port},
            author=wording.author(rng),
            summary=wording.config_summary(self.service, rng),
        )
        return Truth(self.name, self.service, "wrong-config", (f"{self.service}->{self.callee}",), change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Push the right port if the wrong one is still in force."""
        rng = dice(f"{self.name}/way back", self.seed)
        revert_config(
            harm,
            self.service,
            {self._key: self.port},
            {self._key: self.before},
            author=wording.author(rng),
            summary=wording.config_summary(self.service, rng),
        )

    @property
    def _key(self) -> str:
        return f"upstream.{self.callee}.port"
