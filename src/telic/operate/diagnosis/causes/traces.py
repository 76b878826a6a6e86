"""What traces say: where the time goes, and at which place in the code they part from what they were."""

from __future__ import annotations

import math
from collections.abc import Iterable

from telic.context.deviation import Deviation
from telic.context.seen import Seen
from telic.context.traces.sequence import Break
from telic.operate.diagnosis.causes.cause import Cause, Reason

_FELT = 0.1  # of the time that users usually wait: an excess of this share counts half [1]
_FAILING = 0.01  # of all requests: a failure of this share counts half [1]
_MOST = 0.5  # of all that is slower: below this, the entity drifts with the others [1]
_TIMING_CAP = 25.0  # [nats]


def trace_causes(seen: Seen) -> list[Cause]:
    """Return a cause for every entity whose own time, network or code is not what it was."""
    if not seen.traced:
        return []
    return [*_code(seen), *_time(seen), *_failures(seen)]


def _failures(seen: Seen) -> Iterable[Cause]:
    """One cause for each entity at which requests begin to fail."""
    found: dict[str, list[Deviation]] = {}
    for each in seen.failures:
        found.setdefault(each.entity, []).append(each)
    total, asked = sum(each.excess for each in seen.failures), max(int((seen.now.parent < 0).sum()), 1)
    for entity, own in found.items():
        best, excess = max(own, key=lambda each: each.surprise), sum(each.excess for each in own)
        surprise, felt = min(sum(each.surprise for each in own), _TIMING_CAP), excess / asked
        weight = excess / total * felt**2 / (felt**2 + _FAILING**2)
        says = f"{excess / total:.0%} of what fails begins to fail there, in {felt:.1%} of all requests"
        yield Cause(
            entity,
            "errors",
            best.signal,
            (Reason("size", surprise, best.says, best), Reason("begin", (weight - 1.0) * surprise, says)),
            best.instance,
            min(each.onset for each in own),
        )


def _code(seen: Seen) -> list[Cause]:
    """One cause for each pair of events that was lost; a pair lost in several operations is one."""
    pairs: dict[tuple[str, str], list[Break]] = {}
    for each in seen.broken.breaks:
        pairs.setdefault((each.deviation.entity, each.deviation.signal), []).append(each)
    return [_lost(found) for found in pairs.values()]


def _lost(found: list[Break]) -> Cause:
    best = max(found, key=lambda each: each.telling)
    deviation = best.deviation
    rooted, traces = sum(each.rooted for each in found), sum(each.traces for each in found)
    first = rooted / traces
    reasons = [
        Reason("lost", best.telling, f"{deviation.says}; instead: {best.instead}", deviation),
        Reason("first", (first - 1.0) * best.telling, f"in {rooted} of {traces} traces nothing broke before it"),
    ]
    mechanism = "exception" if best.ends or "exception" in best.instead.lower() else "wrong-result"
    return Cause(deviation.entity, mechanism, deviation.signal, tuple(reasons), deviation.instance, deviation.onset)


def _time(seen: Seen) -> Iterable[Cause]:
    """Exclusive time for each entity, network time for the entity at the end of the edges that is slow on all."""
    waited = _waited(seen)
    own: dict[str, list[Deviation]] = {}
    network: dict[str, list[Deviation]] = {}
    for each in seen.timings:
        if each.kind == "network":
            for end in each.entity.split("->"):
                network.setdefault(end, []).append(each)
        else:
            own.setdefault(each.entity, []).append(each)
    total = sum(each.excess for each in seen.timings)
    for entity, found in own.items():
        yield _slow(entity, "delay", found, waited, total, 1.0)
    for entity, found in network.items():
        yield _slow(entity, "network-delay", found, waited, total, _to_blame(entity, found, network))


def _slow(entity: str, mechanism: str, found: list[Deviation], waited: float, total: float, blame: float) -> Cause:
    excess = sum(each.excess for each in found)
    best = max(found, key=lambda each: each.excess * each.surprise)
    felt = excess / waited if waited else 0.0
    surprise = min(sum(each.surprise * each.excess for each in found) / max(excess, 1e-9), _TIMING_CAP)
    share = excess / total
    affected = sum(each.affected * each.excess for each in found) / max(excess, 1e-9)
    weight = felt**2 / (felt**2 + _FELT**2) * min(share / _MOST, 1.0) ** 2
    says = f"{excess:.1f} s more: {felt:.0%} of what users usually wait, {share:.0%} of all that is slower"
    reasons = [Reason("size", surprise, best.says, best), Reason("felt", (weight - 1.0) * surprise, says)]
    rare = (math.sqrt(affected) - 1.0) * weight * surprise
    weight *= math.sqrt(affected)
    reasons.append(Reason("steady", rare, f"{affected:.0%} of the calls are slow while it lasts"))
    if mechanism == "network-delay":
        reasons.append(
            Reason("both ends", (blame - 1.0) * weight * surprise, f"{blame:.0%} of it is not at the other end's edges")
        )
    signal = best.signal if mechanism == "delay" else f"network {best.entity}"
    instance = best.instance if mechanism == "delay" or best.entity.endswith(f"->{entity}") else ""
    return Cause(entity, mechanism, signal, tuple(reasons), instance, min(each.onset for each in found))


def _to_blame(entity: str, found: list[Deviation], network: dict[str, list[Deviation]]) -> float:
    """Share of the excess on its edges for which this end answers [1].

    The end with more excess on all its edges is to blame; where both have the same, the one that is called, for a
    call waits for the answer and an answer for nobody.
    """
    total = sum(each.excess for each in found)
    share = 0.0
    for each in found:
        caller, _, callee = each.entity.partition("->")
        other = callee if entity == caller else caller
        mine, its = total, sum(edge.excess for edge in network[other])
        called = 1.0 if entity == callee else 0.0
        share += each.excess * (called if math.isclose(mine, its, rel_tol=0.3) else float(mine > its))
    return share / total if total else 0.0


def _waited(seen: Seen) -> float:
    """Time that whoever called in waited, as much as is usual for so many calls [s]."""
    now, healthy = seen.now, seen.healthy
    roots = healthy.parent < 0
    if not roots.any():
        return float(now.duration[now.parent < 0].sum())
    return float(healthy.duration[roots].mean()) * int((now.parent < 0).sum())
