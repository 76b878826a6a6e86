"""Push a configuration in which far fewer instances of a model run than its load needs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of
from telic.lab.traffic import Place, traffic

TIME = 0.15  # that a usual prompt keeps a place in a batch [s]
SHORT = 0.8  # of what is needed, at most, is there [1]


@fault("too-few-instances", example={"service": "inference", "key": "model.instances", "value": 1, "before": 8})
@dataclass(frozen=True)
class TooFewInstances(Pushed):
    """Push a configuration in which far fewer instances of a model run than its load needs.

    From outside: from the push on prompts wait longer and longer before they are read, then they time out or are
    refused as overloaded; those that are answered are answered well; the load is as ever.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        How many there are.
    before
        How many there were.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VI-B
    (engineers configured much fewer model instances than required).
    """

    name: ClassVar[str] = "too-few-instances"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "too-few-instances": "fewer instances of a model run than its load needs"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where even one instance less than few is too few under the load of the scene."""
        flow, found = traffic(scene.design), list[Params]()
        for each in settings_of(scene, "model.instances", popular(scene, "service")):
            service = str(each["service"])
            asked = flow.calls.get(Place("operation", f"{service}.generate"), 0.0) * (scene.rate or flow.rate)
            batch = int(scene.harm.state().services[service].config.get("model.batch", 1))
            most = int(asked * TIME * SHORT / batch)
            if 1 <= most < int(each["before"]):
                found.append({**each, "value": rng.randint(1, most)})
        return found
