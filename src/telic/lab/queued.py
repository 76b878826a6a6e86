"""Where a queue stands between users and what they read: its subjects, who consumes them, how much arrives."""

from __future__ import annotations

from dataclasses import dataclass

from telic.lab.fault import Scene
from telic.lab.traffic import Place, traffic

QUEUE = "nats"


@dataclass(frozen=True)
class Consumed:
    """One subject of a design."""

    subject: str
    service: str  # that consumes it
    rate: float  # messages that arrive under the scene's load [1/s]


def other_names(service: str) -> tuple[str, ...]:
    """Return other names of what a consumer takes from its queue: the edge and the queue."""
    return (f"{service}->{QUEUE}", QUEUE)


def consumed(scene: Scene) -> list[Consumed]:
    """Return the subjects that the running system consumes, each once."""
    if QUEUE not in scene.harm.state().stores:
        return []
    flow = traffic(scene.design)
    rate = scene.rate or flow.rate
    return [
        Consumed(subject, service, flow.calls.get(Place("operation", f"{service}.{subject}"), 0.0) * rate)
        for subject, service in scene.design.subjects.items()
    ]
