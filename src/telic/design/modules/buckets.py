"""How much each user may have a second: a bucket of tokens for everybody who asks."""

from __future__ import annotations

from telic.runtime import Runtime

MOST = 10_000  # users who are remembered [1]


class Buckets:
    """Token buckets by user [1]_, in this process.

    Parameters
    ----------
    runtime
        Its settings say how much: ``quota.tokens_per_second`` and ``quota.burst`` [tokens].

    References
    ----------
    .. [1] ITU-T I.371, "Traffic control and congestion control in B-ISDN": the generic cell rate algorithm.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._buckets: dict[str, tuple[float, float]] = {}  # what is left [tokens], and when [s]

    def take(self, user: str, tokens: int) -> bool:
        """Take so many tokens of a user's bucket; False, and nothing taken, where there are not so many."""
        settings, now = self._runtime.settings, self._runtime.clock.monotonic()
        rate, burst = float(settings["quota.tokens_per_second"]), float(settings["quota.burst"])
        left, since = self._buckets.pop(user, (burst, now))
        left = min(burst, left + (now - since) * rate)
        enough = tokens <= left
        self._buckets[user] = (left - tokens if enough else left, now)
        if len(self._buckets) > MOST:
            del self._buckets[next(iter(self._buckets))]  # who asked longest ago has a full one again
        return enough
