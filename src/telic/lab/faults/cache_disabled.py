"""Push a policy in which a service keeps no answers any more, while many read the same few things."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.cached import Cached
from telic.lab.fault import fault


@fault(
    "cache-disabled",
    example={
        "service": "review",
        "target": "review",
        "value": '{"cache": null}',
        "before": '{"cache": {"ttl": 10.0, "jitter": 0.2, "on_error": "fail", "single": true}}',
        "mix": "F5=1",
        "rate": 200.0,
    },
)
@dataclass(frozen=True)
class CacheDisabled(Cached):
    """Push a policy in which a service keeps no answers any more, while many read the same few things.

    From outside: from the push on every read reaches the service's handlers and its database; its slots are all in
    use, requests wait and are refused; the cache is asked for nothing; the crowd alone hurts nobody.

    Parameters
    ----------
    service
        Whose.
    target
        Whose policy: the same.
    value
        What fields of it are set to, as JSON.
    before
        What they were, as JSON.
    mix
        What the crowd reads.
    rate
        How much of it [requests/s].
    keys
        How many things the crowd asks for [1].
    seed
        Chooses author and summary, and when the crowd asks.

    It ends by itself never; the old policy ends it.

    Source: L. Huang et al., "Metastable failures in the wild", OSDI 2022 (look-aside caches whose hit rate falls);
    G. Cooper, "Caching challenges and strategies", Amazon Builders' Library.
    """

    name: ClassVar[str] = "cache-disabled"
    mechanisms: ClassVar[Mapping[str, str]] = {"cache-disabled": "a service that relies on its cache does not use it"}

    @classmethod
    def without(cls, policy: Mapping[str, object], rng: random.Random) -> object:
        """Return no policy."""
        return None
