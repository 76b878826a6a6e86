"""Let messages stand in a queue that its consumer cannot read, in front of all that come after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.queued import QUEUE, consumed, other_names
from telic.model import Action, Change, Harm, Scalar, Truth

SIZES = (600, 1000)  # messages, each of which the consumer tries several times [1]


@fault("poison-message", example={"service": "fanout", "subject": "fan_out", "count": 800})
@dataclass(frozen=True)
class PoisonMessage:
    """Let messages stand in a queue that its consumer cannot read, in front of all that come after them.

    From outside: a consumer answers the same messages with an error again and again, each of them as often as its
    policy says before it is put aside; they take up all that it may have in hand, and what came after them waits:
    depth and age of the queue jump, redeliveries and dead letters count up, and what users were promised is late.
    Whoever sends them is somebody outside, such as an import of an older version, so that nothing was changed here.

    Parameters
    ----------
    service
        Who consumes.
    subject
        What the queue calls it.
    count
        How many messages [1].

    It ends by itself once the last of them has been put aside, which takes minutes; a policy that puts them aside at
    the first refusal (``queue.max_deliver`` 1) ends it in moments.

    Source: "poison messages" in the documentation of Azure Service Bus and of RabbitMQ (quorum queues, delivery-limit);
    S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "poison-message"
    layer: ClassVar[str] = "queue"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "poison-message": "messages that a consumer cannot read are delivered again and again, before all others"
    }
    service: str
    subject: str
    count: int

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a subject, and how many."""
        rng = dice(cls.name, seed)
        count = rng.randrange(SIZES[0], SIZES[1] + 1, 50)
        places: list[Params] = [
            {"service": each.service, "subject": each.subject, "count": count} for each in consumed(scene) if each.rate
        ]
        return {**choose(cls.name, places, {k: v for k, v in fixed.items() if k != "count"}, rng), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Have them sent."""
        harm.store(QUEUE, "poison", on=self.subject, size=self.count)
        return Truth(self.name, self.service, "poison-message", aliases=other_names(self.service))

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return the policy that puts them aside at once."""
        return [Action("set_config", self.service, {"key": "queue.max_deliver", "value": 1})]

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Take back those that still stand there."""
        harm.store(QUEUE, "poison", on=self.subject, size=0.0)
