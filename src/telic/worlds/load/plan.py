"""What is sent when: arrivals, operations and keys of a load, pure and seeded."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from telic.errors import UsageError
from telic.model.intent import Keys, Workload
from telic.worlds.load.draws import Draws
from telic.worlds.load.shapes import Shape, read_shape

Arrival = Literal["poisson", "constant"]


class Planned(NamedTuple):
    """One request that a user means to send."""

    number: int  # 0, 1, 2, ...
    at: float  # since the start of the run [s]
    operation: str  # intent id, F1
    rank: int  # popularity of the key that it asks for, 0 is the most popular
    seed: int  # of every further choice
    size: tuple[int, int] | None = None  # tokens to read and to make [1], where the load says so

    def choices(self) -> random.Random:
        """Return the source of this request's further choices; the same at every call."""
        return Draws(self.seed)


@dataclass(frozen=True)
class Load:
    """A workload as it is run: the same values give the same requests."""

    workload: Workload
    rate: float  # mean [requests/s]
    shape: Shape
    seconds: float
    seed: int

    def __iter__(self) -> Iterator[Planned]:
        """Plan every request, in the order of their times."""
        times = arrivals(self.rate, self.shape, self.seconds, arrival=self.workload.arrival, seed=self.seed)
        mix, keys = Mix(self.workload.mix), Zipf(self.workload.keys)
        draws = random.Random(f"draws/{self.seed}")
        for number, at in enumerate(times):
            size = self.shape.sizes(draws) if self.shape.sizes is not None else None
            yield Planned(number, at, mix.pick(draws), keys.pick(draws), draws.getrandbits(48), size)


def load_of(workload: Workload, *, rate: float | None, shape: str, seconds: float, seed: int) -> Load:
    """Return a workload with the given rate (else its own) [requests/s], shape, length [s] and seed."""
    wanted = workload.rate if rate is None else rate
    if not wanted > 0 or not seconds > 0:
        raise UsageError(f"{wanted:g} requests/s for {seconds:g} s is no load", hint="give numbers above 0")
    return Load(workload, wanted, read_shape(shape, seconds), seconds, seed)


def arrivals(rate: float, shape: Shape, seconds: float, *, arrival: Arrival, seed: int) -> Iterator[float]:
    """Return intended start times [s since the start], rising.

    ``poisson`` thins a Poisson process of the peak rate [1]_; ``constant`` sends whenever the integral of the rate
    passes the next whole number.

    References
    ----------
    .. [1] P. A. W. Lewis and G. S. Shedler, "Simulation of nonhomogeneous Poisson processes by thinning",
       Naval Research Logistics Quarterly 26(3), 1979.
    """
    return _poisson(rate, shape, seconds, seed) if arrival == "poisson" else _even(rate, shape, seconds)


def _poisson(rate: float, shape: Shape, seconds: float, seed: int) -> Iterator[float]:
    draws, at, peak = random.Random(f"arrivals/{seed}"), 0.0, rate * shape.peak
    while (at := at + draws.expovariate(peak)) < seconds:
        if draws.random() * shape.peak < shape.factor(at):
            yield at


def _even(rate: float, shape: Shape, seconds: float) -> Iterator[float]:
    step = 1.0 / (rate * shape.peak * 10.0)  # ten looks a request at the peak
    due = 1.0
    passed = 0.0
    for look in itertools.count():
        at = look * step
        if at >= seconds:
            return
        passed += rate * shape.factor(at) * step
        if passed >= due - 1e-9:
            yield at
            due += 1.0


class Mix:
    """Operations by weight.

    Examples
    --------
    >>> Mix({"F1": 3, "F2": 1}).shares
    {'F1': 0.75, 'F2': 0.25}
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        positive = {name: weight for name, weight in weights.items() if weight > 0}
        if not positive:
            raise UsageError("the workload's mix is empty", hint="give at least one operation a weight above 0")
        total = sum(positive.values())
        self.shares = {name: weight / total for name, weight in positive.items()}
        self._names = tuple(positive)
        self._bounds = tuple(itertools.accumulate(self.shares.values()))

    def pick(self, draws: random.Random) -> str:
        """Draw one name."""
        return self._names[min(bisect.bisect_right(self._bounds, draws.random()), len(self._names) - 1)]


class Zipf:
    """Ranks whose frequency falls with a power of the rank: P(rank) ~ (rank + 1) ** -exponent.

    Examples
    --------
    >>> Zipf(Keys(exponent=1.0, count=2)).shares
    (0.6666666666666666, 0.3333333333333333)
    """

    def __init__(self, keys: Keys) -> None:
        weights = [(rank + 1) ** -keys.exponent for rank in range(max(keys.count, 1))]
        total = sum(weights)
        self.shares = tuple(each / total for each in weights)
        self._bounds = tuple(itertools.accumulate(self.shares))

    def pick(self, draws: random.Random) -> int:
        """Draw one rank."""
        return min(bisect.bisect_right(self._bounds, draws.random()), len(self._bounds) - 1)
