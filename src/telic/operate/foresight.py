"""What grows before users are harmed: calls or requests that take longer second by second.

Once a second, while users are well, the median of each operation at each service and on each edge is compared with what
it was in the half minute before. A place *grows* when, together,

- its operations (weighted by how often they are asked) take at least 5 ms and twice as long as usual, and longer than
  usual by six times the spread that was usual, in the last two seconds;
- they took longer from second to second: Kendall's S over the last seven is at least 15 of 21, which chance gives once
  in 180 times (M. G. Kendall, "A new measure of rank correlation", Biometrika 30, 1938), and no second made up 80 % of
  the rise: a step is no growth.

Where several places grow, those that only wait for another one are left out, also where that one only seems to grow yet
(half of all this). Callers that wait alike for one store name the store. Nothing is done about it: somebody is told.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import fmean, median, pstdev

from telic.errors import StoreFailed, WorldUnavailable
from telic.model import Store, Window
from telic.telemetry.queries import Pace, paces

EVERY = 1.0  # between two questions; a step [s]
COMPLETE = 1.5  # so long ago everything has arrived [s]
KEPT = 40  # steps
LAST, WITHIN, AGREE = 7, 10, 15  # steps with spans in which a place grows, of so many, and Kendall's S of them
USUAL = 8  # steps before those, at least, say what is usual
JUMP = 0.8  # of the rise in one second is a step, no growth [1]
LEAST = 0.005  # more than usual [s]
SPREADS = 6.0  # of what is usual [1]
AGAIN = 60.0  # the same place is told again after so long [s]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Growth:
    """A place at which everything takes longer every second."""

    place: str  # a service, or ``caller->callee``
    time: float  # [s since the Unix epoch]
    usual: float  # [s]
    now: float  # [s]
    sure: bool = True  # or it only seems to

    def __str__(self) -> str:
        what = "calls" if "->" in self.place else "requests at"
        return (
            f"{what} {self.place} take {self.now * 1000:.0f} ms, usually {self.usual * 1000:.0f} ms, "
            "and longer every second; users are well so far"
        )


class Foresight:
    """Remembers how long what takes where.

    Parameters
    ----------
    store
        The telemetry.
    began
        When the system was started; what was before is not usual for it [s since the Unix epoch].
    """

    def __init__(self, store: Store, began: float = 0.0) -> None:
        self._store = store
        self._asked, self._answered = float("-inf"), began
        self._known: dict[str, dict[str, dict[int, Pace]]] = defaultdict(lambda: defaultdict(dict))
        self._told: dict[str, float] = {}

    def look(self, now: float) -> Sequence[Growth]:
        """Return which places began to grow, the worst first; blocking, and nothing between two questions."""
        if now - self._asked < EVERY - 1e-6:
            return ()
        since = max(self._answered, now - KEPT * EVERY) - COMPLETE
        self._asked = now
        last = int((now - COMPLETE) / EVERY)
        try:
            self._add(paces(self._store, Window(int(since / EVERY) * EVERY, last * EVERY), EVERY))
        except (StoreFailed, WorldUnavailable) as error:
            _log.warning("no look at what grows: %s", error)
            return ()
        self._answered = now
        return self._new(deepest(self._growing(last, now)), now)

    def forget(self) -> None:
        """Begin anew: what was during an incident is not usual."""
        self._known.clear()

    def _add(self, found: Iterable[Pace]) -> None:
        for each in found:
            self._known[each.place][each.operation][round(each.start / EVERY)] = each

    def _growing(self, last: int, now: float) -> list[Growth]:
        found = []
        for place, operations in self._known.items():
            for steps in operations.values():
                for step in [each for each in steps if each < last - KEPT]:
                    del steps[step]
            growth = _growth(place, operations, last, now)
            if growth is not None:
                found.append(growth)
        return found

    def _new(self, found: Sequence[Growth], now: float) -> Sequence[Growth]:
        new = [each for each in found if now - self._told.get(each.place, float("-inf")) >= AGAIN]
        self._told.update((each.place, now) for each in new)
        return sorted(new, key=lambda each: each.usual - each.now)


def deepest(found: Sequence[Growth]) -> Sequence[Growth]:
    """Return the places that surely grow and wait for none of the others, with callers of one store as that store."""
    edges = {each.place: each.place.partition("->") for each in found if "->" in each.place}
    services = {each.place for each in found} - set(edges)
    callers = {caller for caller, _, _ in edges.values()}
    by_peer = Counter(callee for _, _, callee in edges.values() if callee not in services)
    told: dict[str, Growth] = {}
    for each in found:
        callee = edges[each.place][2] if each.place in edges else ""
        if each.sure and each.place not in callers and callee not in services | callers:
            name = callee if by_peer[callee] > 1 else each.place
            told.setdefault(name, replace(each, place=name))
    return list(told.values())


def _growth(place: str, operations: Mapping[str, Mapping[int, Pace]], last: int, now: float) -> Growth | None:
    first = last - WITHIN
    before = {name: [each.p50 for at, each in steps.items() if at < first] for name, steps in operations.items()}
    usual = {name: median(each) for name, each in before.items() if len(each) >= USUAL}
    over = _over(operations, usual)
    newest = [over[at] for at in range(first, last) if at in over][-LAST:]
    if len(newest) < LAST:
        return None
    spread = pstdev([value for at, value in over.items() if at < first])
    asked = fmean(usual.values())
    least = max(LEAST, asked, SPREADS * spread)
    agree = sum((later > earlier) - (later < earlier) for earlier, later in combinations(newest, 2))
    jump = max(later - earlier for earlier, later in pairwise(newest))
    if min(newest[-2:]) < least / 2 or agree < AGREE / 2 or jump > JUMP * (max(newest) - min(newest)):
        return None
    return Growth(place, now, asked, asked + newest[-1], min(newest[-2:]) >= least and agree >= AGREE)


def _over(operations: Mapping[str, Mapping[int, Pace]], usual: Mapping[str, float]) -> Mapping[int, float]:
    """Return how much longer than usual requests took at a place, by step [s]."""
    sums: dict[int, tuple[float, int]] = {}
    for name, base in usual.items():
        for at, each in operations[name].items():
            longer, count = sums.get(at, (0.0, 0))
            sums[at] = longer + each.count * (each.p50 - base), count + each.count
    return {at: longer / count for at, (longer, count) in sums.items()}
