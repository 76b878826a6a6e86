"""Push a configuration in which a service presents the credential of another one to its store."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault(
    "wrong-secret",
    example={
        "service": "hotel",
        "key": "store.postgres.password_file",
        "value": "secrets/user",
        "before": "secrets/hotel",
    },
)
@dataclass(frozen=True)
class WrongSecret(Pushed):
    """Push a configuration in which a service presents the credential of another one to its store.

    From outside: from the push on every operation that needs the store fails with ``28P01`` (password
    authentication failed); nobody changed anything at the store.

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

    Source: credentials that were rotated without the client; expired and wrong secrets in S. Ghosh et al., "How
    to fight production incidents?", SoCC 2022 (authentication errors).
    """

    name: ClassVar[str] = "wrong-secret"
    layer: ClassVar[str] = "security"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "wrong-secret": "a service presents a credential that is not its own, or no longer"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        services = popular(scene, "service")
        found = settings_of(scene, "store.postgres.password_file", services)
        made: list[Params] = []
        for each in found:
            others = sorted(str(one["before"]) for one in found if one["service"] != each["service"])
            if others:
                made.append({**each, "value": rng.choice(others)})
        return made

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->postgres",)
