"""Push a configuration in which a service looks for its store where nobody listens."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of

PORTS = range(20100, 20990)  # below what worlds hand out


@fault(
    "wrong-store-address", example={"service": "hotel", "key": "store.postgres.port", "value": 20150, "before": 22011}
)
@dataclass(frozen=True)
class WrongStoreAddress(Pushed):
    """Push a configuration in which a service looks for its store where nobody listens.

    From outside: from the push on every operation that needs the store fails at once with
    ``connection_refused``; the store is well and sees one client less.

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

    Source: T. Xu et al., "Do not blame users for misconfigurations", SOSP 2013; S. Ghosh et al., "How to fight
    production incidents?", SoCC 2022 (configuration errors).
    """

    name: ClassVar[str] = "wrong-store-address"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-store-address": "a service asks for its store where nobody listens"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        taken = {port for link in scene.harm.state().links.values() for port in link.ports.values()}
        port = rng.choice([each for each in PORTS if each not in taken])
        found = settings_of(scene, "store.postgres.port", popular(scene, "service"))
        return [{**each, "value": port} for each in found]

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->postgres",)
