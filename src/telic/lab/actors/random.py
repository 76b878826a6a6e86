"""Chance: any word about any place, any action on anything."""

from __future__ import annotations

import random
from collections.abc import Sequence

from telic.lab.actors.actor import actor
from telic.lab.session.session import Session
from telic.tools.actions import action

ACTIONS = 4  # tried at most [1]


@actor("random", example={})
class Random:
    """Claims a place and a mechanism by chance and acts by chance; what chance alone is worth."""

    def run(self, session: Session) -> None:
        """Guess."""
        rng = random.Random(f"random/{session.brief.app}/{session.brief.began}")
        names = _names(session)
        while not session.closed and rng.random() > 0.05:
            session.call("wait", {"seconds": 3.0})
        healthy = rng.random() < 0.5
        claim: dict[str, object] = {"healthy": healthy}
        if not healthy:
            claim |= {"entity": rng.choice(names), "mechanism": rng.choice(sorted(session.brief.mechanisms))}
        session.call("submit", claim)
        for _ in range(0 if healthy else rng.randrange(ACTIONS)):
            name = rng.choice(list(action))
            session.call(name, {**action.examples[name], "target": rng.choice(names)})
        session.call("submit", {"final": True})


def _names(session: Session) -> Sequence[str]:
    """Return services and edges, as the topology has them."""
    edges = session.call("get_topology", {}).rows
    found = {str(each["caller"]) for each in edges} | {f"{each['caller']}->{each['callee']}" for each in edges}
    return sorted(found) or [session.brief.entry]
