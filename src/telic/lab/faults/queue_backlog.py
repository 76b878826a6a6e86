"""Push a configuration with which a consumer takes fewer messages from its queue than arrive."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import service_state
from telic.lab.pushed import Pushed
from telic.lab.queued import consumed, other_names

RATE = "queue.rate"
SHARES = (0.02, 0.1)  # of what arrives that is still taken [1]


@fault("queue-backlog", example={"service": "fanout", "key": "queue.rate", "value": 0.5, "before": 0.0})
@dataclass(frozen=True)
class QueueBacklog(Pushed):
    """Push a configuration with which a consumer takes fewer messages from its queue than arrive.

    From outside: whatever is accepted is accepted as fast as ever, and what should follow from it comes later and
    later: posts are missing where they should be read by now; depth and age of the queue grow evenly, while consumer,
    callees and stores are idle. Once the consumer is let, the queue is worked off, and until then the last are late.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to [messages/s].
    before
        What it was; 0 is no limit.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it, after the time that the backlog takes.

    Source: "Avoiding insurmountable queue backlogs", Amazon Builders' Library, 2019
    (https://aws.amazon.com/builders-library/avoiding-insurmountable-queue-backlogs); consumer lag is what operators of
    queues watch first, B. Beyer et al., "The Site Reliability Workbook", 2018, chapter 13.
    """

    name: ClassVar[str] = "queue-backlog"
    layer: ClassVar[str] = "queue"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "queue-backlog": "a consumer takes fewer messages from its queue than arrive"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the consumers, and a rate well below what arrives."""
        share, found = rng.uniform(*SHARES), list[Params]()
        for each in consumed(scene):
            config = service_state(scene.harm, each.service).config
            if each.rate > 0 and RATE in config:
                value = max(0.1, round(share * each.rate, 2))
                found.append({"service": each.service, "key": RATE, "value": value, "before": config[RATE]})
        return found

    def aliases(self) -> tuple[str, ...]:
        """Return the edge and the queue."""
        return other_names(self.service)
