"""Burn-rate monitors: do users get what the objectives promise, right now?

Every look (0.5 s) gives, per operation of the entry and per objective, how many requests were bad. Three questions are
asked of the last looks that held requests; all have to be answered with yes:

1. *Material*: at least 5 % and at least 4 bad requests, the burn rate above 5 (budget spent per budget allowed).
2. *More than chance*: so many bad requests in so many would happen with a probability below 1e-6 (binomial tail, with
   the operation's own share of bad requests until now).
3. *Persistent*: a stall of some 100 ms makes a hundred requests slow at once, which are one event and not a hundred.
   So looks are counted, not requests: a look is bad when at least 5 % of its requests are, beyond chance; that so many
   of the last looks are bad would happen with a probability below 1e-5 (mild: 1e-7), given how often looks of
   this operation were bad until now, and at least 2 % (errors) or 5 % (latency).

The second and third are exact one-sided binomial tests, evaluated at every look on windows of several lengths; the
bounds are small enough for the thousands of looks of an hour (Bonferroni over 7200 looks an hour: 0.07 at most, and
neighbouring looks share their data). Burn rates over several windows: B. Beyer et al., "The Site Reliability Workbook",
O'Reilly 2018, chapter 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from telic.model import Symptom
from telic.model.intent import Objective
from telic.operate.looks import Count, Look
from telic.operate.statistics import binomial_tail
from telic.operate.traffic import TrafficMonitor

SHARE = 0.05  # of an operation's requests: the definition of user harm [1]
LEAST = 4  # bad requests in a window that are worth waking anybody [1]
BURN = 5.0  # budget spent per budget allowed [1]
CHANCE = 1e-6  # of so many bad requests [1]
PERSISTENT, PERSISTENT_MILD = 1e-5, 1e-7  # chance of so many bad looks [1]
SEVERE = 0.5  # share of bad requests from which harm counts as severe [1]
WINDOWS = (3, 4, 5, 6, 7, 8, 10, 14, 20, 30)  # looks that held requests [1]
KEPT = 240  # looks of an operation: two minutes [1]
RECENT = 12  # of them are not part of what is normal [1]
BLIND_AFTER = 3.0  # without any telemetry [s]
PIPELINE = 1.0  # from the end of a request to its look: export, commit, look [s]


@dataclass(frozen=True)
class Normal:
    """What is believed of bad looks and bad requests before any was seen (Beta priors) and at least."""

    bad: float  # bad looks in ... [1]
    looks: float  # ... so many imagined looks [1]
    floor: float  # no operation is better than this [1]


NORMAL = {"errors": Normal(0.5, 10.0, 0.02), "latency": Normal(1.5, 15.0, 0.05)}


@dataclass(frozen=True)
class Reading:
    """What monitors say at one look."""

    time: float
    state: Literal["healthy", "burning", "blind"]
    symptoms: tuple[Symptom, ...] = ()


@dataclass
class _Series:
    """The last looks of one operation under one objective."""

    objective: Objective
    operation: str
    looks: deque[tuple[float, int, int]]  # time, total, bad
    normal: list[tuple[float, int, int]]  # frozen while users are harmed

    @property
    def signal(self) -> Literal["errors", "latency"]:
        return "errors" if self.objective.sli == "success" else "latency"


class Monitors:
    """Watches every operation of the entry against every objective.

    Parameters
    ----------
    objectives
        Ratio objectives measured at `entry`.
    entry
        Where users enter.
    """

    def __init__(self, objectives: Sequence[Objective], entry: str) -> None:
        self.objectives = tuple(each for each in objectives if each.service == entry)
        self.entry = entry
        self._series: dict[tuple[str, str], _Series] = {}
        self._traffic = TrafficMonitor(entry)
        self._heard = 0.0

    def learn(self, looks: Iterable[Look]) -> None:
        """Take what was before the first look as history."""
        for look in looks:
            self._add(look)
            self._traffic.step(look, frozen=True)
        self._settle()

    def step(self, look: Look, *, frozen: bool = False) -> Reading:
        """Take one look and judge.

        Parameters
        ----------
        look
            The newest.
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        """
        self._heard = look.time if look.heard or not self._heard else self._heard
        if look.time - self._heard >= BLIND_AFTER:
            self._traffic.step(look, frozen=True)
            return Reading(look.time, "blind")
        self._add(look)
        found = [each for each in (self._judge(series, look.time) for series in self._series.values()) if each]
        silent = self._traffic.step(look, frozen=frozen)
        symptoms = tuple(sorted([*found, *silent], key=lambda each: -each.bad))
        if not symptoms and not frozen:
            self._settle()
        return Reading(look.time, "burning" if symptoms else "healthy", symptoms)

    def since(self, start: float, operations: frozenset[str] | None = None) -> list[tuple[float, int, int]]:
        """Return time, requests and bad requests (by the worst objective) of each look after `start`.

        Parameters
        ----------
        start
            Looks at or before it are left out [s since the Unix epoch].
        operations
            Only these; None for all.
        """
        merged: dict[float, list[int]] = {}
        for operation in {each.operation for each in self._series.values()}:
            if operations is not None and operation not in operations:
                continue
            of_operation: dict[float, tuple[int, int]] = {}
            for series in (each for each in self._series.values() if each.operation == operation):
                for time, total, bad in series.looks:
                    if time > start:
                        of_operation[time] = (total, max(bad, of_operation.get(time, (0, 0))[1]))
            for time, (total, bad) in of_operation.items():
                entry = merged.setdefault(time, [0, 0])
                entry[0] += total
                entry[1] += bad
        return [(time, total, bad) for time, (total, bad) in sorted(merged.items())]

    def forget(self, start: float) -> None:
        """Leave the looks since `start` [s since the Unix epoch] out: an incident is no sample of what is normal."""
        for series in self._series.values():
            kept = [each for each in series.looks if each[0] < start]
            series.looks.clear()
            series.looks.extend(kept)

    @property
    def level(self) -> float:
        """What traffic was lately, while all was well [requests/s]."""
        return self._traffic.level

    def _add(self, look: Look) -> None:
        for operation, count in look.counts.items():
            for objective in self.objectives:
                key = (objective.id, operation)
                if key not in self._series:
                    self._series[key] = _Series(objective, operation, deque(maxlen=KEPT), [])
                self._series[key].looks.append((look.time, count.total, _bad(count, objective)))

    def _settle(self) -> None:
        for series in self._series.values():
            series.normal = list(series.looks)[:-RECENT]

    def _judge(self, series: _Series, now: float) -> Symptom | None:
        chance, look_chance = self._normal(series)
        looks = list(series.looks)[-max(WINDOWS) :]
        if not looks or now - looks[-1][0] > 2 * BLIND_AFTER:
            return None
        marked = [
            bad >= 1 and bad >= SHARE * total and binomial_tail(bad, total, chance) < 0.05 for _, total, bad in looks
        ]
        for length in WINDOWS:
            if length > len(looks) or not any(marked[-2:]):
                break
            window, marks = looks[-length:], marked[-length:]
            total, bad = sum(each[1] for each in window), sum(each[2] for each in window)
            share = bad / total
            limit = PERSISTENT if share >= SEVERE else PERSISTENT_MILD
            burn = share / max(1e-9, 1.0 - series.objective.target)
            if (
                bad >= LEAST
                and share >= SHARE
                and burn >= BURN
                and binomial_tail(sum(marks), length, look_chance) < limit
                and binomial_tail(bad, total, chance) < CHANCE
            ):
                onset = next(time for (time, _, _), mark in zip(window, marks, strict=True) if mark) - PIPELINE
                return Symptom(
                    series.objective.id, self.entry, series.operation, series.signal, onset, now, burn, bad, total
                )
        return None

    def _normal(self, series: _Series) -> tuple[float, float]:
        """Return the chance of a bad request and of a bad look while all is well."""
        prior = NORMAL[series.signal]
        looks = series.normal
        total, bad = sum(each[1] for each in looks), sum(each[2] for each in looks)
        bad_looks = sum(1 for _, requests, wrong in looks if wrong >= 1 and wrong >= SHARE * requests)
        chance = (bad + 1.0) / (total + 100.0)
        look_chance = (bad_looks + prior.bad) / (len(looks) + prior.looks)
        floor = max(0.005, 1.0 - series.objective.target)
        return min(0.2, max(floor, 1.5 * chance)), min(0.3, max(prior.floor, look_chance))


def _bad(count: Count, objective: Objective) -> int:
    return min(count.total, count.bad.get(objective.id, 0))
