"""Push a configuration in which one service may be asked less often than it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import call_rate, popular
from telic.lab.pushed import Pushed, settings_of

SHARES = (0.05, 0.15)  # of its calls that the quota lets in [1]
BUSY = 2.0  # calls of a service for which a quota is felt [1/s]


@fault("quota-exceeded", example={"service": "hotel", "key": "request.quota", "value": 20.0, "before": 0.0})
@dataclass(frozen=True)
class QuotaExceeded(Pushed):
    """Push a configuration in which one service may be asked less often than it is.

    From outside: the service answers whatever comes above a fixed number of requests a second with 429 at once, however
    idle it is; with less load all is well; what it lets in is as fast as ever.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to [requests/s].
    before
        What it was; 0 is no quota.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it, and so does less load.

    Source: quotas in the incidents of Google Cloud ("Google Cloud infrastructure components incident", 14 December
    2020: a quota reported as lower than the use); B. Beyer et al., "Site Reliability Engineering", 2016, chapter 21.
    """

    name: ClassVar[str] = "quota-exceeded"
    mechanisms: ClassVar[Mapping[str, str]] = {"quota-exceeded": "a service is asked more often than its quota allows"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the services that are asked often, and a quota well below that."""
        share, found = rng.uniform(*SHARES), list[Params]()
        for each in settings_of(scene, "request.quota", popular(scene, "service")):
            calls = call_rate(scene, str(each["service"]))
            if calls >= BUSY:
                found.append({**each, "value": round(share * calls, 1)})
        return found
