"""Push a configuration in which the port of one callee is that of another service."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import popular
from telic.lab.pushed import Pushed, settings_of


@fault("wrong-upstream", example={"service": "search", "key": "upstream.hotel.port", "value": 22013, "before": 22011})
@dataclass(frozen=True)
class WrongUpstream(Pushed):
    """Push a configuration in which the port of one callee is that of another service.

    From outside: from the push on all calls of this edge get 404 or 400, at once; the callee that is meant sees
    no more requests from this caller, another one sees requests that it does not know.

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

    Source: T. Xu et al., "Do not blame users for misconfigurations", SOSP 2013; "wrong service selector" and
    "misrouted traffic" in the problem lists of AIOpsLab and SREGym.
    """

    name: ClassVar[str] = "wrong-upstream"
    mechanisms: ClassVar[Mapping[str, str]] = {"wrong-upstream": "a service asks another service than it means"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt."""
        state = scene.harm.state()
        ports = {edge: link.ports["a"] for edge, link in state.links.items()}
        found: list[Params] = []
        for edge in popular(scene, "edge"):
            caller, _, callee = edge.partition("->")
            known = [each for each in ports if each.partition("->")[2] in state.services]
            others = sorted(ports[each] for each in known if each.partition("->")[2] != callee)
            if caller in state.services and callee in state.services and others:
                key = f"upstream.{callee}.port"
                found += [{**each, "value": rng.choice(others)} for each in settings_of(scene, key, (caller,))]
        return found

    def aliases(self) -> tuple[str, ...]:
        """Return the edge."""
        return (f"{self.service}->{self.key.split('.')[1]}",)
