"""Let the replica of the database replay nothing of what its primary writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular
from telic.lab.pushed import settings_of
from telic.model import Action, Change, Harm, Scalar, Truth
from telic.model.design import FROM_REPLICA, READS, REPLICA

TROUBLE = "replay"


@fault("replica-lag", example={"service": "hotel"})
@dataclass(frozen=True)
class ReplicaLag:
    """Let the replica of the database replay nothing of what its primary writes.

    From outside: no request fails and none is slow; what users made or changed since is not found, or is as it was
    before, wherever a service reads from the replica; everything older is right. The replica receives all, answers as
    ever, and is further behind by a second each second.

    Parameters
    ----------
    service
        One that reads from the replica and that many requests need; all who read there are hurt alike.

    It ends by itself never: by resuming the replay, or by starting the replica again; reading from the primary helps
    the service that does.

    Source: PostgreSQL 18, 9.28.4 ("Recovery Control Functions", ``pg_wal_replay_pause``) and 26.2 ("Log-Shipping
    Standby Servers"); W. Vogels, "Eventually Consistent", Communications of the ACM 52, 2009 (read your writes).
    """

    name: ClassVar[str] = "replica-lag"
    layer: ClassVar[str] = "store"
    mechanisms: ClassVar[Mapping[str, str]] = {"replica-lag": "a replica replays what its primary wrote too late"}
    service: str

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service that reads from the replica."""
        there = REPLICA in scene.harm.state().stores
        found = settings_of(scene, READS, popular(scene, "service")) if there else []
        candidates: list[Params] = [{"service": each["service"]} for each in found if each["before"] == FROM_REPLICA]
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Pause the replay."""
        readers = [name for name, each in harm.state().services.items() if each.config.get(READS) == FROM_REPLICA]
        harm.store(REPLICA, TROUBLE)
        return Truth(self.name, REPLICA, "replica-lag", aliases=tuple(f"{each}->{REPLICA}" for each in readers))

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Resume it; one that goes on stays as it is."""
        if REPLICA in harm.state().stores:
            harm.store(REPLICA, TROUBLE, size=0.0)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return what brings the replica back to its design."""
        return [Action("reconcile", REPLICA)]
