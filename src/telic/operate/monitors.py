"""Burn-rate monitors: do users get what the objectives promise, right now?

Twice a second, per operation of the entry and per objective, the last cells (half seconds by the end of requests) that
hold requests are asked three questions; all have to be answered with yes:

1. *Material*: at least 5 % and at least 4 (latency: 6) bad requests, the burn rate above 5 (budget spent per budget
   allowed), and two seconds that are user harm by its definition (at least 2 bad requests and 5 %).
2. *More than chance*: so many bad requests in so many would happen with a probability below 1e-6 (binomial tail, with
   the operation's own share of bad requests until now).
3. *Persistent*: a stall of some 100 ms makes a hundred requests slow at once, which are one event and not a hundred.
   So cells are counted, not requests: a cell is bad when at least 5 % of its requests are, beyond chance; that so many
   of the last cells are bad would happen with a probability below 1e-5 (mild: 1e-7), given how often cells of
   this operation were bad until now, and at least 2 % (errors) or 5 % (latency). Where the supervisor has something
   to tell (an exit that nobody asked for, a process that is not ready, a grant that is missing), which a healthy
   system has in less than 1 of 100 such moments, 2e-3 are enough.

The second and third are exact one-sided binomial tests on windows of several lengths; the bounds are small enough for
the thousands of looks of an hour (Bonferroni over 7200 looks an hour: 0.07 at most, and neighbouring looks share their
data). Burn rates over several windows: B. Beyer et al., "The Site Reliability Workbook", O'Reilly 2018, chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from telic.model import Symptom
from telic.model.intent import Objective
from telic.operate import declines
from telic.operate.answers import AnswerMonitor
from telic.operate.lasting import lasting
from telic.operate.looks import CELL, Look
from telic.operate.queues import QueueMonitor
from telic.operate.replicas import ReplicaMonitor
from telic.operate.series import FLOOR, SHARE, Cell, Series, harmed_seconds
from telic.operate.statistics import binomial_tail
from telic.operate.traffic import TrafficMonitor

BURN = 5.0  # budget spent per budget allowed [1]
CHANCE = 1e-6  # of so many bad requests [1]
PERSISTENT, PERSISTENT_MILD = 1e-5, 1e-7  # chance of so many bad cells [1]
PERSISTENT_SUSPECT = 2e-3  # the same where the supervisor confirms that something is wrong [1]
SEVERE = 0.5  # share of bad requests from which harm counts as severe [1]
WINDOWS = (2, 3, 4, 5, 6, 7, 8, 10, 14, 20, 30)  # cells that held requests [1]
KEPT = 240  # cells of an operation: two minutes [1]
RECENT = 12  # of them are not part of what is normal [1]
DOUBTED = 60  # nor are older ones since harm began that goes on: what comes slowly must not become a habit [1]
PARTS, PART = 4, 6  # harm goes on that is in each of so many last stretches of so many cells: stalls come and go [1]
STALE = 6.0  # an operation without requests for so long says nothing [s]
SHED_SLACK = 1.2  # refusals on purpose are spread evenly over requests, not over seconds [1]
BLIND_AFTER = 3.0  # without any telemetry [s]


@dataclass(frozen=True)
class Normal:
    """What is believed of bad cells before any was seen (a Beta prior), and at least."""

    bad: float  # bad cells in ... [1]
    cells: float  # ... so many imagined cells [1]
    floor: float  # no operation is better than this [1]
    least: int  # bad requests that are worth waking anybody [1]


NORMAL = {"errors": Normal(0.5, 10.0, 0.02, 4), "latency": Normal(1.5, 15.0, 0.05, 6)}


@dataclass(frozen=True)
class Reading:
    """What monitors say at one look."""

    time: float
    state: Literal["healthy", "burning", "blind"]
    symptoms: tuple[Symptom, ...] = ()


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
        self._series: dict[tuple[str, str], Series] = {}
        self._traffic = TrafficMonitor(entry)
        self.queues, self.replicas, self._answers = QueueMonitor(), ReplicaMonitor(), AnswerMonitor()
        self._declines = declines.DeclineMonitor(entry)
        self._heard = 0.0
        self.newest = 0.0  # end of the newest cell [s since the Unix epoch]

    def learn(self, look: Look) -> None:
        """Take what was before the first look as history."""
        self._add(look)
        self._traffic.step(look, frozen=False)
        self._declines.step(look, frozen=False)
        self.queues.learn(look.queues)
        self._settle()

    def step(self, look: Look, *, frozen: bool = False, suspect: bool = False) -> Reading:
        """Take one look and judge.

        Parameters
        ----------
        look
            The newest.
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        suspect
            Whether the world's state says that something is wrong.
        """
        self._heard = look.time if look.heard or not self._heard else self._heard
        silent = self._traffic.step(look, frozen=frozen)
        waiting = self.queues.step(look.queues, look.time, frozen=frozen)
        behind = self.replicas.step(look.replicas, look.time, frozen=frozen)
        untrue = self._answers.step(look.answers, look.time, frozen=frozen, entry=self.entry)
        let_in = self._declines.step(look, frozen=frozen)
        if look.time - self._heard >= BLIND_AFTER:
            return Reading(look.time, "blind")
        self._add(look)
        judged = (self._judge(series, look.time, suspect) for series in self._series.values())
        found = [each for each in judged if each]
        symptoms = (*sorted([*found, *silent], key=lambda each: -each.bad), *untrue, *let_in, *waiting, *behind)
        if not symptoms and not frozen:
            self._settle()
        return Reading(look.time, "burning" if symptoms else "healthy", symptoms)

    def between(
        self, start: float, end: float, operations: frozenset[str] | None = None, signal: str = "", *, shed: float = 0.0
    ) -> Cell:
        """Return requests and bad requests (by the worst objective) of the cells that lie between two times.

        Parameters
        ----------
        start, end
            Cells that begin before or end after are left out [s since the Unix epoch].
        operations
            Only these; None for all.
        signal
            Only objectives of this kind of harm; empty for all.
        shed
            Share of requests that is refused on purpose [1]: so many refusals are left out, as if never sent.
        """
        worst: dict[tuple[str, int], Cell] = {}
        for series in self._series.values():
            if (operations is not None and series.operation not in operations) or signal not in ("", series.signal):
                continue
            for cell in series.cells.values():
                if start <= cell.start and cell.start + CELL <= end + 1e-6:
                    key = (series.operation, cell.number)
                    worst[key] = max(worst.get(key, cell), cell, key=lambda each: each.bad)
        total, bad = sum(each.total for each in worst.values()), sum(each.bad for each in worst.values())
        refused = min(sum(each.refused for each in worst.values()), bad)
        meant = min(refused, round(shed * total * SHED_SLACK) + 1) if shed > 0 else 0
        return Cell(0, total - meant, bad - meant, refused - meant)

    def answers_well(self, symptom: Symptom, after: float) -> bool:
        """Whether enough since `after` [s since the Unix epoch] says that a symptom of answers is over."""
        known = self._declines if symptom.objective == declines.NAME else self._answers
        return known.well(symptom.operation, after)

    def forget(self, start: float) -> None:
        """Leave cells since `start` [s since the Unix epoch] out: an incident is no sample of what is normal."""
        for series in self._series.values():
            series.cells = {number: each for number, each in series.cells.items() if each.start < start}
        self.queues.forget(start)

    @property
    def level(self) -> float:
        """What traffic was lately, while all was well [requests/s]."""
        return self._traffic.level

    def _add(self, look: Look) -> None:
        for (number, operation), count in look.cells.items():
            self.newest = max(self.newest, (number + 1) * CELL)
            for objective in self.objectives:
                key = (objective.id, operation)
                if key not in self._series:
                    self._series[key] = Series(objective, operation)
                bad = min(count.total, count.bad.get(objective.id, 0))
                self._series[key].add(number, count.total, bad, count.refused)
        for series in self._series.values():
            if len(series.cells) > KEPT:
                series.cells = {each.number: each for each in series.last(KEPT)}

    def _settle(self) -> None:
        for series in self._series.values():
            cells = series.last(KEPT)
            doubted = _goes_on_since(cells)
            series.normal = [each for each in cells[:-RECENT] if each.number < doubted]

    def _judge(self, series: Series, now: float, suspect: bool) -> Symptom | None:
        newest = series.last(2)
        if not newest or now - newest[-1].start > STALE or not any(each.harmed for each in newest):
            return None
        cells = series.last(max(WINDOWS))
        chance, cell_chance = self._normal(series)
        marked = [each.harmed and binomial_tail(each.bad, each.total, chance) < 0.05 for each in cells]
        for length in (each for each in WINDOWS if each <= len(cells)):
            window, marks = cells[-length:], marked[-length:]
            total, bad = sum(each.total for each in window), sum(each.bad for each in window)
            share = bad / total
            limit = PERSISTENT_SUSPECT if suspect else PERSISTENT if share >= SEVERE else PERSISTENT_MILD
            if (
                any(marks[-2:])
                and bad >= NORMAL[series.signal].least
                and share >= SHARE
                and _burn_rate(series, bad, total) >= BURN
                and harmed_seconds(window) >= (1 if suspect else 2)
                and binomial_tail(sum(marks), length, cell_chance) < limit
                and binomial_tail(bad, total, chance) < CHANCE
            ):
                onset = next(each.start for each, mark in zip(window, marks, strict=True) if mark)
                return self._symptom(series, window, onset, now)
        mild = lasting(series.last(KEPT), series.objective.target) if series.signal == "errors" else ()
        return self._symptom(series, mild, mild[0].start, now) if mild else None

    def _symptom(self, series: Series, window: Sequence[Cell], onset: float, now: float) -> Symptom:
        total, bad = sum(each.total for each in window), sum(each.bad for each in window)
        burn = _burn_rate(series, bad, total)
        return Symptom(series.objective.id, self.entry, series.operation, series.signal, onset, now, burn, bad, total)

    def _normal(self, series: Series) -> tuple[float, float]:
        """Return the chance of a bad request and of a bad cell while all is well."""
        prior, cells = NORMAL[series.signal], series.normal
        total, bad = sum(each.total for each in cells), sum(each.bad for each in cells)
        chance = (bad + 1.0) / (total + 100.0)
        cell_chance = (sum(each.harmed for each in cells) + prior.bad) / (len(cells) + prior.cells)
        floor = max(FLOOR, 1.0 - series.objective.target)
        return min(0.2, max(floor, 1.5 * chance)), min(0.3, max(prior.floor, cell_chance))


def _burn_rate(series: Series, bad: int, total: int) -> float:
    """Return the budget spent per budget allowed [1]."""
    return bad / total / max(1e-9, 1.0 - series.objective.target)


def _goes_on_since(cells: Sequence[Cell]) -> float:
    """Return the first cell of harm that still goes on, few requests as there may be; infinity where none does."""
    last = cells[-PARTS * PART :]
    if not all(any(each.harmed for each in last[at : at + PART]) for at in range(0, PARTS * PART, PART)):
        return float("inf")
    since = last[-1].number
    for each in reversed(cells[-DOUBTED:]):
        if since - each.number > RECENT:
            break
        since = each.number if each.harmed else since
    return since
