"""How full each service was over time: taken slots, the queue in front of them, refusals, CPU."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from telic.model import Store, Topology, Window
from telic.telemetry.queries.rows import bounds, records

FULL = 0.9  # of the slots taken is full [1]: between two requests a slot is free until the next one wakes up


@dataclass(frozen=True)
class Saturation:
    """One service in one step, over all its instances.

    `used` is how many slots were taken on average. Those of requests that have ended are counted exactly; those of
    requests that have not are known from samples, so that a service which answers nothing counts as full.
    """

    service: str
    start: float  # of the step [s since the Unix epoch]
    seconds: float  # its length [s]
    slots: float  # requests that may be served at once [1]
    used: float = 0.0
    queued: float = 0.0  # most that waited for a slot [1]
    age: float = 0.0  # longest that one of them had waited [s]
    refused: float = 0.0  # requests [1]
    cpu: float = 0.0  # CPU seconds a second [1]
    lag: float = 0.0  # how late its event loop was at worst [s]

    @property
    def utilisation(self) -> float:
        """Share of the slots that were taken [1]."""
        return self.used / self.slots if self.slots else 0.0


@dataclass(frozen=True)
class Peak:
    """One service over a whole window."""

    service: str
    slots: float  # in most of its steps: two instances overlap while one takes over from the other [1]
    mean: float  # share of the slots that were taken [1]
    most: float  # the same in the worst step [1]
    full: float  # how long it was full [s]
    queued: float  # most that waited [1]
    age: float  # longest wait seen [s]
    refused: float  # requests [1]
    cpu: float  # CPU seconds a second in the worst step [1]


SQL = """
WITH points AS (
    SELECT service, instance, name, value, time_ns - start_ns AS covered, (time_ns - ?) // ? AS step
    FROM metrics WHERE time_ns >= ? AND time_ns < ? AND value IS NOT NULL AND name IN (
        'telic.admission.active', 'telic.admission.limit', 'telic.admission.queued', 'telic.admission.age',
        'telic.admission.busy', 'telic.admission.refused', 'process.cpu.time', 'telic.event_loop.lag')),
instances AS (
    SELECT service, instance, step,
           max(value) FILTER (WHERE name = 'telic.admission.limit') AS slots,
           min(value) FILTER (WHERE name = 'telic.admission.active') AS always,
           max(value) FILTER (WHERE name = 'telic.admission.queued') AS queued,
           max(value) FILTER (WHERE name = 'telic.admission.age') AS age,
           sum(value) FILTER (WHERE name = 'telic.admission.refused') AS refused,
           sum(value) FILTER (WHERE name = 'telic.admission.busy') AS busy,
           sum(value) FILTER (WHERE name = 'process.cpu.time') AS cpu,
           max(value) FILTER (WHERE name = 'telic.event_loop.lag') AS lag,
           sum(covered) FILTER (WHERE name = 'telic.admission.limit') / 1e9 AS covered
    FROM points GROUP BY service, instance, step)
SELECT service, step, sum(slots) AS slots,
       sum(least(slots, greatest(coalesce(busy / nullif(covered, 0), 0), coalesce(always, 0)))) AS used,
       sum(queued) AS queued, max(age) AS age, sum(refused) AS refused, sum(cpu / nullif(covered, 0)) AS cpu,
       max(lag) AS lag
FROM instances WHERE slots IS NOT NULL GROUP BY service, step ORDER BY service, step
"""


def saturation(store: Store, window: Window, step: float = 1.0, *, limit: int = 50_000) -> list[Saturation]:
    """Return how full every service was in every `step` [s] of `window`, by service and time.

    Services that declare no capacity count with the default number of slots; foreign ones that send no
    ``telic.admission.limit`` are left out.
    """
    start, end = bounds(window)
    width = round(step * 1e9)
    rows = [dict(each) for each in store.query(SQL, (start, width, start, end), limit=limit)]
    for row in rows:
        row["start"] = window.start + float(str(row.pop("step"))) * step
        row["seconds"] = step
    return records(Saturation, rows)


def peaks(found: Iterable[Saturation]) -> list[Peak]:
    """Return one row a service: the longest full first, then the one that was taken most."""
    services: dict[str, list[Saturation]] = {}
    for each in found:
        services.setdefault(each.service, []).append(each)
    rows = [_peak(name, steps) for name, steps in services.items()]
    return sorted(rows, key=lambda each: (-each.full, -each.mean, each.service))


def full_services(found: Sequence[Peak], at_least: float = 1.0) -> list[str]:
    """Return the services that were full for `at_least` [s], the longest first."""
    return [each.service for each in found if each.full >= at_least]


def bottlenecks(full: Collection[str], topology: Topology) -> list[str]:
    """Return those of the `full` services that were full by themselves: they wait for no other full one.

    Slots of a caller stay taken while its callee is full, so that everything above a bottleneck fills up, too.

    Examples
    --------
    >>> from telic.model import Edge, Entity
    >>> edges = (Edge("gateway", "search"), Edge("search", "hotel"))
    >>> entities = tuple(Entity(name, "service") for name in ("gateway", "search", "hotel"))
    >>> bottlenecks(["gateway", "hotel"], Topology("hotel", entities, edges))
    ['hotel']
    """
    return [each for each in full if not topology.reach(each).keys() & set(full)]


def _peak(service: str, steps: Sequence[Saturation]) -> Peak:
    seconds = sum(each.seconds for each in steps)
    return Peak(
        service,
        slots=median_low(each.slots for each in steps),
        mean=sum(each.utilisation * each.seconds for each in steps) / seconds,
        most=max(each.utilisation for each in steps),
        full=sum(each.seconds for each in steps if each.utilisation >= FULL),
        queued=max(each.queued for each in steps),
        age=max(each.age for each in steps),
        refused=sum(each.refused for each in steps),
        cpu=max(each.cpu for each in steps),
    )
