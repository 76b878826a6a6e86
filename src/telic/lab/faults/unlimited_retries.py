"""Push a policy in which a caller gives up soon and asks again as often as it likes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import policy_of, popular
from telic.lab.retuned import Retuned
from telic.lab.traffic import Place, traffic

AGAIN = 40  # attempts after the first, at least [1]
FULL = 5.0  # times its slots a callee would need [1]
HASTE = (0.001, 0.0015)  # sooner than most answers come [s]


@fault(
    "unlimited-retries",
    example={
        "service": "search",
        "target": "search->hotel",
        "value": '{"timeout": 0.001, "deadline": false, "retry": {"max": 40, "budget": 0.0}}',
        "before": '{"timeout": 0.6, "deadline": true, "retry": null}',
    },
)
@dataclass(frozen=True)
class UnlimitedRetries(Retuned):
    """Push a policy in which a caller gives up soon and asks again as often as it likes.

    From outside: from the push on the callee gets many times as many requests from this caller and as many as ever
    from others; callers leave before the answer; its slots are all in use, so that others wait and are refused too.

    Parameters
    ----------
    service
        Whose.
    target
        Whose policy: ``caller->callee``.
    value
        What fields of it are set to, as JSON.
    before
        What they were, as JSON.
    seed
        Chooses author and summary.

    It ends by itself never; the old policy ends it.

    Source: M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library; N. Bronson et al.,
    "Metastable failures in distributed systems", HotOS 2021.
    """

    name: ClassVar[str] = "unlimited-retries"
    mechanisms: ClassVar[Mapping[str, str]] = {"unlimited-retries": "a caller asks again and again without a limit"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the edges between services whose callee has far too few slots for what is asked again."""
        services, calls = set(scene.harm.state().services), traffic(scene.design).calls
        rate = scene.rate or traffic(scene.design).rate
        often = {"max": rng.choice((AGAIN, AGAIN + 20)), "budget": 0.0, "burst": 10.0, "backoff": 0.0, "jitter": False}
        new = {"timeout": rng.choice(HASTE), "deadline": False, "retry": often}
        found: list[Params] = []
        for edge in popular(scene, "edge"):
            caller, _, callee = edge.partition("->")
            now = policy_of(scene.harm, edge) if {caller, callee} <= services else {}
            capacity = scene.design.service(callee).capacity if now else None
            if capacity is None:
                continue
            wanted = rate * calls[Place("edge", edge)] * AGAIN * capacity.service_time  # slots in use on average [1]
            if wanted >= FULL * capacity.slots:
                before = json.dumps({each: now.get(each) for each in new})
                found.append({"service": caller, "target": edge, "value": json.dumps(new), "before": before})
        return found
