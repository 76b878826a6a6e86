"""When the harm that goes on began: one stall of a machine, well over before it, is none of it.

Monitors take the first bad second of their window. On a busy machine that may be a stall ten seconds before a fault:
the fault's own deploy would then come after the harm, and what a process did until it was stopped look like progress.
"""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Incident, Symptom
from telic.operate.diagnosis.asking import Asking
from telic.operate.looks import CELL, FAILED
from telic.operate.series import SHARE, Cell
from telic.operate.statistics import binomial_tail

CALM = 3.0  # users were served well for so long before harm came back [s]
LONG = 10.0  # or so long, however much harm was before [s]
CHANCE = 0.001  # that so few are harmed in a long calm although harm goes on as it did after it [1]
SERVED = 5  # at least so many of them [1]
MOST = 0.9  # of all harmed requests came after that [1]


def cells(failed: str) -> str:
    """Return the SQL that counts requests and harmed ones by half second.

    Parameters
    ----------
    failed
        What is bad whatever time it took, in SQL over spans.
    """
    return f"""
SELECT (start_ns + duration_ns) // {round(CELL * 1e9)} AS cell, count(*) AS total,
       count(*) FILTER (WHERE ({failed} OR duration_ns > ?)) AS bad
FROM spans
WHERE service = ? AND kind = 'server' AND start_ns >= ? AND start_ns < ?
  AND (? = '' OR list_contains(string_split(?, ','), name))
GROUP BY 1 ORDER BY 1"""


def operations(incident: Incident) -> str:
    """Return the operations whose users are harmed, with commas between; empty where no symptom names one."""
    return ",".join(sorted({each.operation for each in incident.symptoms if each.felt and each.operation}))


def failures_alone(symptoms: Sequence[Symptom]) -> tuple[Symptom, ...]:
    """Return the failures, where slowness hurt users for long before them; none elsewhere: they are one harm.

    A machine that is busy makes users wait, and then a deploy makes all their requests fail: neither the onset of the
    first nor what was normal during it say anything of the second.
    """
    failures = tuple(each for each in symptoms if each.signal == "errors")
    if not failures:
        return ()
    since, first = (min(each.onset for each in some) for some in (failures, symptoms))
    return failures if since - first >= CALM else ()


def onset_of(asking: Asking, entry: str, incident: Incident, threshold: float, failed: str = FAILED) -> float:
    """Return when the harm of an incident that goes on began [s since the Unix epoch].

    Parameters
    ----------
    asking
        About the time from the first bad second of all on.
    threshold
        Longer requests are slow [s].
    failed
        What is bad whatever time it took, in SQL over spans.
    """
    first = asking.window.start
    if not incident.symptoms or not all(each.felt for each in incident.symptoms):
        return first
    names = operations(incident)
    params = (round(threshold * 1e9), entry, *asking.bounds, names, names)
    rows = asking.ask(
        "harm", "requests and harmed ones by half second", lambda store, window: store.query(cells(failed), params)
    )
    return resumed([Cell(*(int(str(row[name])) for name in ("cell", "total", "bad"))) for row in rows], first)


def resumed(cells: Sequence[Cell], first: float) -> float:
    """Return when harm began again after users had been served well; `first` where it never ceased.

    Well for a while, if nearly all harm came after it: shorter calms are part of what comes and goes. Or well for long,
    however much came before.

    Examples
    --------
    >>> stall = [Cell(20, 5, 3)]
    >>> calm = [Cell(21 + each, 5, 0) for each in range(8)]
    >>> harm = [Cell(29 + each, 5, 5) for each in range(8)]
    >>> resumed([*stall, *calm, *harm], 10.0)
    14.5
    >>> resumed([*stall, *calm, *stall], 10.0)
    10.0
    """
    return max(_after_a_calm(cells, first), _after_a_long_calm(cells, first))


def _after_a_calm(cells: Sequence[Cell], first: float) -> float:
    found, left = first, sum(each.bad for each in cells)
    wanted, well_since, served = MOST * left, first, 0
    for each in cells:
        if each.harmed:
            if left >= wanted and served >= SERVED and each.start - well_since >= CALM:
                found = each.start
            well_since, served = each.start + CELL, 0
        else:
            served += each.total
        left -= each.bad
    return found


def _after_a_long_calm(cells: Sequence[Cell], first: float) -> float:
    """Return the last moment at which harm came back after so few were harmed for so long that it had ceased."""
    bad = sum(each.bad for each in cells)
    total = sum(each.total for each in cells)
    found, begin, calm_bad, calm_total = first, 0, 0, 0
    for each in cells:  # `calm` is what was served within LONG before it, `bad` and `total` from it on
        while cells[begin].start < each.start - LONG:
            calm_bad, calm_total = calm_bad - cells[begin].bad, calm_total - cells[begin].total
            begin += 1
        if each.harmed and each.start - LONG > found and calm_bad < SHARE * calm_total:
            gone_on = binomial_tail(calm_total - calm_bad, calm_total, 1.0 - bad / total)
            found = each.start if gone_on < CHANCE else found
        calm_bad, calm_total = calm_bad + each.bad, calm_total + each.total
        bad, total = bad - each.bad, total - each.total
    return found
