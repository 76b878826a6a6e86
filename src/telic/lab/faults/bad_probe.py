"""Push a configuration in which a service has to answer its liveness probe sooner than it can."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("bad-probe", example={"service": "hotel", "key": "probe.alive_within", "value": 0.0002, "before": 0.0})
@dataclass(frozen=True)
class BadProbe(Pushed):
    """Push a configuration in which a service has to answer its liveness probe sooner than it can.

    From outside: the service works, is ended by its supervisor after a second, is started again with growing back-off,
    works, and is ended again; it exits in good order, and its events say that a probe got no answer in time.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to [s].
    before
        What it was; 0 is no probe.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: kubernetes.io, "Configure Liveness, Readiness and Startup Probes" (incorrect liveness probes lead to
    cascading failures); the bad probes in the problem list of SREGym.
    """

    name: ClassVar[str] = "bad-probe"
    mechanisms: ClassVar[Mapping[str, str]] = {"bad-probe": "a liveness probe ends a process that is well"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the services that many requests need, and a time in which none answers."""
        within = rng.choice((0.0001, 0.00015, 0.0002))
        found = settings_of(scene, "probe.alive_within", popular(scene, "service"))
        return [{**each, "value": within} for each in found]
