"""Push a configuration with which a service may open no connection to its store."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("pool-too-small", example={"service": "hotel", "key": "store.postgres.pool", "value": 0, "before": 3})
@dataclass(frozen=True)
class PoolTooSmall(Pushed):
    """Push a configuration with which a service may open no connection to its store.

    From outside: from the push on every operation that needs the store waits for a connection that never comes,
    and times out; the store is idle, the service too.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to.
    before
        What it was.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: pool sizes are the commonest resource setting that is wrong, T. Xu et al., "Do not blame users for
    misconfigurations", SOSP 2013; S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "pool-too-small"
    mechanisms: ClassVar[Mapping[str, str]] = {"pool-too-small": "a service may not open the connections that it needs"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        return [{**each, "value": 0} for each in settings_of(scene, "store.postgres.pool", popular(scene, "service"))]

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->postgres",)
