"""Push a placement with which a model runs on an accelerator whose memory is worn."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("faulty-accelerator", example={"service": "inference", "key": "accelerator.device", "value": 5, "before": 0})
@dataclass(frozen=True)
class FaultyAccelerator(Pushed):
    """Push a placement with which a model runs on an accelerator whose memory is worn.

    From outside: from the push on answers come with 200 and in time, of the right length, but a part of their words is
    gibberish; the same prompt gets the same gibberish; nothing is logged, only whoever reads the answers notices.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        The accelerator that it is moved to.
    before
        Where it was.
    seed
        Chooses author and summary.

    It ends by itself never; another accelerator ends it.

    Source: H. Yan et al., "An empirical study of production incidents in generative AI cloud services", section VI-A
    (faulty GPUs process requests incorrectly: gibberish outputs).
    """

    name: ClassVar[str] = "faulty-accelerator"
    layer: ClassVar[str] = "llm"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "faulty-accelerator": "a model runs on an accelerator that computes wrongly: its answers are gibberish"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return each place with each worn accelerator of its pool."""
        return [
            {**each, "value": device}
            for each in settings_of(scene, "accelerator.device", popular(scene, "service"))
            for device in _worn(scene.harm.release_files(str(each["service"])))
        ]


def _worn(files: Mapping[str, str]) -> list[int]:
    """Return the accelerators that a release knows to be worn."""
    for path in sorted(files):
        for node in ast.parse(files[path]).body if path.endswith("/engine.py") else ():
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "WORN" and node.value is not None:
                return sorted(ast.literal_eval(node.value))
    return []
