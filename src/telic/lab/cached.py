"""What faults have in common that take a cache's help away: who relies on it, and the crowd that shows that he does."""

from __future__ import annotations

import json
import random
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene
from telic.lab.loaded import BESIDE
from telic.lab.places import policy_of, popular
from telic.lab.retuned import Retuned
from telic.lab.traffic import Place, traffic
from telic.model import Change, Harm, Truth

CROWD = 2.0  # of what the service can do without its cache [1]
MOST = 600.0  # a crowd may be so large [requests/s]
FEW = 20  # things that the crowd asks for: the cache has them all soon [1]


@dataclass(frozen=True)
class Cached(Retuned):
    """Another cache policy of a service, while a crowd reads a few things that the cache would have had."""

    lasting: ClassVar[bool] = True
    mix: str = ""
    rate: float = 0.0  # of the crowd [requests/s]
    keys: int = FEW

    @classmethod
    @abstractmethod
    def without(cls, policy: Mapping[str, object], rng: random.Random) -> object:
        """Return what becomes of a cache policy."""

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the services with a cache whose slots the crowd fills as soon as it does not help."""
        found: list[Params] = []
        for service in popular(scene, "service"):
            cache = policy_of(scene.harm, service).get("cache")
            capacity = scene.design.service(service).capacity
            asked = read_by(scene, service)
            if not isinstance(cache, Mapping) or capacity is None or not asked or capacity.service_time <= 0:
                continue
            rate = round(CROWD * capacity.slots / capacity.service_time, 1)
            if rate <= MOST:
                value = json.dumps({"cache": cls.without(cache, rng)})
                before = json.dumps({"cache": dict(cache)})
                place: Params = {"service": service, "target": service, "value": value, "before": before}
                found.append({**place, "mix": f"{asked}=1", "rate": rate})
        return found

    def inject(self, harm: Harm) -> Truth:
        """Let the crowd come, and push."""
        harm.load(BESIDE, mix=self.mix, rate=self.rate, keys=self.keys, seed=self.seed + 1)
        return super().inject(harm)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Let the crowd go, and push the policy before if the other one is still in force."""
        harm.load(BESIDE)
        super().heal(harm, change)


def read_by(scene: Scene, service: str, operation: str = "") -> str:
    """Return the id of the most asked read of users that always reads from `service` (by `operation`), or ``""``."""
    flow = traffic(scene.design)
    reads = [each.name for each in scene.design.service(service).operations if not each.mutating]
    reads = [each for each in reads if operation in ("", each)]
    passing = {user for each in reads for user in flow.passes.get(Place("operation", f"{service}.{each}"), frozenset())}
    entry = scene.design.service(scene.design.entry).operations
    found = [each for each in entry if each.name in passing and each.derives and not each.mutating]
    return max(found, key=lambda each: flow.shares[each.name]).derives[0] if found else ""
