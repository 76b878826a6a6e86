"""Let a caller know its callee by a name that does not resolve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_config
from telic.model import Change, Harm, Scalar, Truth

HOSTS = ("{callee}.svc.invalid", "{callee}.internal.invalid", "{callee}.prod.invalid")  # RFC 6761: never resolves


@fault(
    "dns-failure",
    example={"service": "search", "callee": "hotel", "host": "hotel.svc.invalid", "before": "127.0.0.1", "seed": 0},
)
@dataclass(frozen=True)
class DnsFailure:
    """Let a caller know its callee by a name that does not resolve.

    From outside: calls of this edge fail, at once or after the resolver's patience, before anything is sent; the callee
    sees no more requests from this caller and is well; the change log has the push.

    Parameters
    ----------
    service
        The caller whose configuration is pushed.
    callee
        Who has another name in it.
    host
        The name.
    before
        The address until now.
    seed
        Chooses author and summary.

    It ends by itself never; the address ends it.

    Source: "It is always DNS"; name resolution in AWS's summary of the DynamoDB disruption in us-east-1, October
    2025.
    """

    name: ClassVar[str] = "dns-failure"
    layer: ClassVar[str] = "network"
    mechanisms: ClassVar[Mapping[str, str]] = {"dns-failure": "the name of a callee does not resolve"}
    service: str
    callee: str
    host: str
    before: str
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an edge between services."""
        rng = dice(cls.name, seed)
        state = scene.harm.state()
        candidates: list[Params] = []
        for edge in popular(scene, "edge"):
            caller, _, callee = edge.partition("->")
            if caller in state.services and callee in state.services:
                before = str(state.services[caller].config.get(f"upstream.{callee}.host", "127.0.0.1"))
                candidates.append({"service": caller, "callee": callee, "before": before, "seed": seed})
        chosen = choose(cls.name, candidates, {key: value for key, value in fixed.items() if key != "host"}, rng)
        return {**chosen, "host": rng.choice(HOSTS).format(callee=chosen["callee"]), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Push the name as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        change = harm.push_config(
            self.service,
            {self._key: self.host},
            author=wording.author(rng),
            summary=wording.config_summary(self.service, rng),
        )
        return Truth(self.name, self.service, "dns-failure", (f"{self.service}->{self.callee}",), change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Push the address if the name is still in force."""
        rng = dice(f"{self.name}/way back", self.seed)
        revert_config(
            harm,
            self.service,
            {self._key: self.host},
            {self._key: self.before},
            author=wording.author(rng),
            summary=wording.config_summary(self.service, rng),
        )

    @property
    def _key(self) -> str:
        return f"upstream.{self.callee}.host"
