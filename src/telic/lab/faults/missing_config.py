"""Push a configuration from a template in which one port was not filled in."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("missing-config", example={"service": "search", "key": "upstream.hotel.port", "value": 0, "before": 22011})
@dataclass(frozen=True)
class MissingConfig(Pushed):
    """Push a configuration from a template in which one port was not filled in.

    From outside: the service exits with code 1 as soon as it reads it, and again at every restart; its log
    names the setting; callers see refused connections.

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

    Source: T. Xu et al., "Do not blame users for misconfigurations", SOSP 2013: a missing or empty parameter
    and a crash without a word to the user; "missing env variable" in SREGym.
    """

    name: ClassVar[str] = "missing-config"
    mechanisms: ClassVar[Mapping[str, str]] = {"missing-config": "a setting that a service needs has no value"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        found: list[Params] = []
        for service in popular(scene, "service"):
            for key in sorted(scene.harm.state().services[service].config):
                if key.endswith(".port"):
                    found += [{**each, "value": 0} for each in settings_of(scene, key, (service,))]
        return found
