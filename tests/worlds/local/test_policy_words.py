from __future__ import annotations

from dataclasses import replace

import pytest

from telic.runtime.wiring import BreakerPolicy, CachePolicy, EdgePolicy, NodePolicy, RetryPolicy
from telic.worlds.local.policy_words import differences

EDGE, NODE = EdgePolicy(), NodePolicy()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (EDGE, replace(EDGE, timeout=0.25), ["timeout 1 s -> 250 ms"]),
        (
            replace(EDGE, retry=RetryPolicy(max=3, budget=0.0, backoff=0.01, jitter=False)),
            EDGE,
            ["retries up to 3 without a budget, after 10 ms -> none"],
        ),
        (
            EDGE,
            replace(EDGE, retry=RetryPolicy(max=1, budget=0.1)),
            ["retries none -> up to 1 for 10 % of the requests, after 10 ms at random"],
        ),
        (replace(EDGE, deadline=False), EDGE, ["deadline passed on off -> on"]),
        (
            EDGE,
            replace(EDGE, breaker=BreakerPolicy()),
            ["breaker none -> open 1 s when 50 % of 20 or more calls fail in 1 s"],
        ),
        (
            replace(NODE, queue=-1),
            replace(NODE, order="lifo", max_age=0.4, shed=0.3),
            ["queue unbounded -> 64 places", "order fifo -> lifo", "refused after waiting never -> 400 ms",
             "shed at the door 0 % -> 30 %"],
        ),
        (NODE, replace(NODE, cache=CachePolicy()), ["cache none -> 5 s, one load a key, on error fail"]),
    ],
)  # fmt: skip
def test_a_change_of_policy_is_said_in_words(old: EdgePolicy, new: EdgePolicy, words: list[str]) -> None:
    assert differences(old, new) == words


def test_equal_policies_differ_in_nothing() -> None:
    assert differences(NODE, replace(NODE)) == []
