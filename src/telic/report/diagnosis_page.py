"""From an account to what its page shows: the graph, charts of levels, claims with their evidence."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from markupsafe import Markup

from telic.model import Evidence, Topology
from telic.model.account import Account, Claim
from telic.report.charts import Blame, Mark, level_chart, topology_chart
from telic.report.charts.flame import flame_chart
from telic.report.charts.frame import Frame

WIDE, NARROW = 640, 370  # the graph on a screen and on a phone [px]
FLAME = 980  # width of the flame graph on a screen [px]
PANEL = 500  # width of a chart of one metric [px]
ENTITIES = 24  # a larger graph is cut to what is on the way [1]


@dataclass(frozen=True)
class Panel:
    """One metric."""

    entity: str
    name: str
    says: str
    chart: Markup
    evidence: str


@dataclass(frozen=True)
class Row:
    """One claim and its pages of evidence."""

    claim: Claim
    pages: tuple[Evidence, ...]
    above: tuple[str, ...] = ()


def clock(time: float) -> str:
    """Return a moment as the time of its day in UTC.

    Examples
    --------
    >>> clock(3661.0)
    '01:01:01'
    """
    return datetime.datetime.fromtimestamp(time, datetime.UTC).strftime("%H:%M:%S")


def marks(account: Account) -> tuple[Mark, ...]:
    """Return what every chart over time marks: when the blamed change came into force, and when harm was reported."""
    first = account.diagnosis.hypotheses[0] if account.diagnosis.hypotheses else None
    marked = [Mark(account.onset, "detected", "reported")] if account.onset else []
    times = [each.time for each in account.timeline if first and each.id and each.id == first.change]
    if times and first:
        marked.append(Mark(max(times), "action", f"change {first.change[:8]}"))
    return tuple(marked)


def panels(account: Account, marked: tuple[Mark, ...]) -> list[Panel]:
    """Draw every level."""
    found = []
    for each in account.levels:
        if len(each.times) > 1:
            frame = Frame(PANEL, 130, each.times[0], each.times[-1], marked, names=True)
            title = f"{each.entity} {each.name}"
            chart = level_chart(each.times, each.values, frame, before=each.before, title=title)
            found.append(Panel(each.entity, each.name, f"usually {each.before:.3g}", chart, each.evidence))
    return found


def flames(account: Account) -> tuple[Markup, Markup] | None:
    """Draw where the time of the slow requests goes, for a screen and for a phone; None without traces."""
    found = account.requests
    if found is None or not found.flame:
        return None
    return flame_chart(found, FLAME), flame_chart(found, NARROW)


def graph(account: Account) -> tuple[Markup, Markup] | None:
    """Draw who calls whom, with the cause and the way to the symptom; None without edges."""
    if not account.topology.edges or len(account.topology.entities) > ENTITIES:
        return None
    first = account.diagnosis.hypotheses[0] if account.diagnosis.hypotheses else None
    blame = Blame(first.entity, first.path) if first else Blame()
    topology = _entry(account.topology)
    wide, narrow = (topology_chart(topology, blame, width=width) for width in (WIDE, NARROW))
    return wide, narrow


def rows(account: Account) -> list[Row]:
    """Return the claims with the pages that carry them; a page that stands above already is only named."""
    pages = {each.id: each for each in account.evidence}
    shown: set[str] = set()
    found = []
    for claim in account.claims:
        own = [each for each in claim.evidence if each in pages]
        above = tuple(each for each in own if each in shown)
        found.append(Row(claim, tuple(pages[each] for each in own if each not in shown), above))
        shown.update(own)
    return found


def sure(confidence: float) -> str:
    """Return a confidence in words; nothing is certain.

    Examples
    --------
    >>> sure(0.9987), sure(0.42)
    ('over 99 % sure', '42 % sure')
    """
    return "over 99 % sure" if confidence > 0.99 else f"{100 * confidence:.0f} % sure"


def _entry(topology: Topology) -> Topology:
    """Return the graph seen from where calls come in: who calls most others and is not called."""
    called = {each.callee for each in topology.edges}
    first = [each.caller for each in topology.edges if each.caller not in called]
    return replace(topology, entry=max(sorted(set(first)), key=first.count)) if first else topology
