"""More work arrives than the declared capacity serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.mechanisms.metastable_overload import collapsed, escape, feeds_itself, signs
from telic.operate.diagnosis.pressed import MORE_CALLS, MORE_LOAD, growth, pressed
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism

LAG = 0.08  # median event-loop lag of the other services [s]


@mechanism("overload", example={"service": "hotel", "refused": 0.2})
def overload(findings: Findings) -> Sequence[Proposal]:
    """Services that refuse requests, or are slow by themselves, while more requests come than before."""
    asked = pressed(findings)
    return [found for service in findings.state.services if (found := _of(findings, service, asked)) is not None]


def _of(findings: Findings, service: str, asked: Mapping[str, float]) -> Proposal | None:
    if service in collapsed(findings) and (found := _stormy(findings, service)) is not None:
        return found
    refused = sum(
        each.by_class.get("429", 0) + each.by_class.get("overloaded", 0)
        for each in findings.current.operations
        if each.service == service
    )
    share = findings.share(lambda each: each.entity == service and each.how in ("refused", "slow"))
    if not refused and not (share and share >= 0.3):
        return None
    clues = [harm_clue(findings, share, f"by waiting or being refused at {service}")]
    if refused:
        clues.append(Clue(1.5, f"{service} refused {refused} requests", ("operations",)))
    by, storm = growth(findings, service), findings.storm
    if by is not None:
        if service in asked and storm is not None:
            says = f"{by:.1f} times as many calls came to {service}, users ask for {storm.load:.1f} times as much"
            clues.append(Clue(-2.5, says, ("operations", "load")))
        elif by >= MORE_CALLS:
            clues.append(Clue(2.0, f"{by:.1f} times as many requests as before came to {service}", ("operations",)))
        else:
            clues.append(
                Clue(-2.5, f"no more requests than before came to {service} ({by:.1f} times)", ("operations",))
            )
    if findings.lag_elsewhere(service) >= LAG:
        clues.append(Clue(-3.0, "all services lag: the machine is busy", ("lag",)))
    return Proposal("overload", service, clues, "queue", findings.onset)


def _stormy(findings: Findings, service: str) -> Proposal | None:
    """More load and a storm of retries on top of it: load is the cause, the storm has to be stopped all the same."""
    storm = findings.storm
    if storm is None or storm.load is None or storm.surely < MORE_LOAD or not feeds_itself(findings, service):
        return None
    clues = [
        Clue(2.0, f"users ask for {storm.load:.1f} times as much as before", ("load",)),
        *signs(findings, storm, service),
    ]
    return Proposal("overload", service, clues, "queue", findings.onset, None, (escape(findings, storm, service),))
