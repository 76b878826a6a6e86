"""Push a route to a version of the model that no process has loaded."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("model-not-loaded", example={"service": "router", "key": "route.version", "value": "8", "before": "7"})
@dataclass(frozen=True)
class ModelNotLoaded(Pushed):
    """Push a route to a version of the model that no process has loaded.

    From outside: from the push on no prompt is answered: version_unknown, at once; the workers are idle and well.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        The version that it asks for.
    before
        The one that it asked for.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section V-B
    (model deployment failure: a model that was not deployed in time).
    """

    name: ClassVar[str] = "model-not-loaded"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "model-not-loaded": "prompts are sent to a version of a model that was not deployed"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return each route that users take, to the version after the one in use."""
        step = rng.randint(1, 3)
        known = settings_of(scene, "route.version", popular(scene, "service"))
        return [{**each, "value": str(int(each["before"]) + step)} for each in known]
