"""Push a configuration in which a service asks for the database of another environment."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault(
    "wrong-database",
    example={"service": "hotel", "key": "store.postgres.database", "value": "hotel_staging", "before": "hotel"},
)
@dataclass(frozen=True)
class WrongDatabase(Pushed):
    """Push a configuration in which a service asks for the database of another environment.

    From outside: from the push on every operation that needs the store fails with ``3D000`` (no such database);
    the server is well.

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

    Source: settings of another environment; T. Xu et al., "Do not blame users for misconfigurations", SOSP
    2013.
    """

    name: ClassVar[str] = "wrong-database"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-database": "a service asks its server for a database that is not there"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        suffix = rng.choice(("staging", "preview", "next"))
        found = settings_of(scene, "store.postgres.database", popular(scene, "service"))
        return [{**each, "value": f"{each['before']}_{suffix}"} for each in found]

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->postgres",)
