"""Empty the cache and push a policy in which answers hardly live and every reader loads for itself."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.cached import Cached
from telic.lab.fault import fault
from telic.model import Harm, Truth

CACHE = "valkey"


@fault(
    "cache-stampede",
    example={
        "service": "review",
        "target": "review",
        "value": '{"cache": {"ttl": 0.02, "jitter": 0.0, "on_error": "fail", "single": false}}',
        "before": '{"cache": {"ttl": 10.0, "jitter": 0.2, "on_error": "fail", "single": true}}',
        "mix": "F5=1",
        "rate": 200.0,
    },
)
@dataclass(frozen=True)
class CacheStampede(Cached):
    """Empty the cache and push a policy in which answers hardly live and every reader loads for itself.

    From outside: the cache is asked as often as ever and seldom has an answer; whenever one runs out, all who want it
    load it at the same moment; the service's slots are all in use, requests wait and are refused.

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
        Chooses author and summary, life of an answer, and when the crowd asks.

    It ends by itself never; the old policy ends it.

    Source: A. Vattani, F. Chierichetti and K. Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB
    2015; R. Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013 (thundering herds and leases).
    """

    name: ClassVar[str] = "cache-stampede"
    mechanisms: ClassVar[Mapping[str, str]] = {"cache-stampede": "all load at once what a cache has just lost"}

    @classmethod
    def without(cls, policy: Mapping[str, object], rng: random.Random) -> object:
        """Return a policy without a single flight, under which answers live for milliseconds."""
        return {**policy, "ttl": rng.choice((0.01, 0.02)), "jitter": 0.0, "single": False}

    def inject(self, harm: Harm) -> Truth:
        """Let the crowd come, push, and empty the cache."""
        truth = super().inject(harm)
        harm.flush(CACHE)
        return truth
