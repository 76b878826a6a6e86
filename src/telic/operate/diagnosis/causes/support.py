"""What speaks for an entity whatever the mechanism: its messages, its silence, what the orchestrator says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from telic.context.seen import Seen
from telic.operate.diagnosis.causes.cause import Cause, Reason
from telic.operate.diagnosis.causes.messages import accounts, message_support
from telic.operate.diagnosis.causes.silence import silence_support
from telic.operate.diagnosis.causes.spoken import Support
from telic.operate.diagnosis.causes.told import told_support

_SAID_TWICE = 0.3  # weight of all this where traces tell already where requests fail and wait [1]
_NOT_SERVING = ("silence", "down", "event", "complaints")  # reasons for which callers fail
_PASSED_ON = ("errors", "delay", "network-delay", "exception", "wrong-result")
_EXPLAINED = 0.8  # of a caller's trouble that such a callee explains, at most [1]
_SURE = 6.0  # [nats]
_ALONE = 0.8  # weight of such reasons where no signal of the entity itself deviates [1]


@dataclass(frozen=True)
class _Joined:
    reasons: tuple[Reason, ...]
    mechanism: str
    signal: str
    onset: float

    @property
    def best(self) -> Reason:
        """The strongest reason."""
        return max(self.reasons, key=lambda each: each.nats)


def supported(causes: Sequence[Cause], seen: Seen) -> list[Cause]:
    """Return the causes with what else speaks for them, and a cause for entities for which only that speaks."""
    found: dict[str, list[Support]] = {}
    for each in (*message_support(seen), *silence_support(seen), *told_support(seen)):
        found.setdefault(each.entity, []).append(each)
    told = accounts(seen)
    found = {entity: [_after(each, told, seen) for each in given] for entity, given in found.items()}
    joined = {entity: _joined(given, _SAID_TWICE if seen.traced else 1.0) for entity, given in found.items()}
    known = {each.entity for each in causes if each.nats > 0.0}
    kept = [_with(_own_account(each, told), joined) for each in causes]
    return _handed_down([*kept, *_alone(joined, known)], joined, told, seen)


def _after(support: Support, told: Mapping[str, float], seen: Seen) -> Support:
    """Silence says less of whom only those call that fail by their own account."""
    callers = [caller for caller, callees in seen.calls.items() if support.entity in callees]
    if support.reason.name != "silence" or not callers:
        return support
    weight = 1.0 - _EXPLAINED * min(told.get(each, 0.0) for each in callers)
    return replace(support, reason=replace(support.reason, nats=weight * support.reason.nats))


def _own_account(cause: Cause, told: Mapping[str, float]) -> Cause:
    """That a caller gets no answer says less where it tells itself why it fails: it may not have asked."""
    deviation = cause.reasons[0].deviation
    caller = deviation.pair[0] if deviation is not None and deviation.of_spans and deviation.pair else ""
    told_by = told.get(caller, 0.0)
    if deviation is None or deviation.kind != "errors" or not told_by or cause.nats <= 0.0:
        return cause
    reason = Reason("account", -_EXPLAINED * told_by * cause.nats, f"{caller} tells itself why it fails")
    return replace(cause, reasons=(*cause.reasons, reason))


def _handed_down(
    causes: Sequence[Cause], joined: Mapping[str, _Joined], told: Mapping[str, float], seen: Seen
) -> list[Cause]:
    """Trouble of a caller is its callee's where that one is down, or is complained of: it cannot tell by itself.

    Where nobody knows who calls whom everybody may be called.
    """
    found: list[Cause] = []
    gains: dict[str, Reason] = {}
    for cause in causes:
        callees = seen.calls.get(cause.entity, ()) if seen.calls else joined.keys() - {cause.entity}
        callee = max(sorted(callees), key=lambda each: _down(joined.get(each)), default="")
        weight = _EXPLAINED * min(_down(joined.get(callee)) / _SURE, 1.0)
        weight *= 1.0 - _EXPLAINED * told.get(cause.entity, 0.0)
        if weight <= 0.0 or cause.mechanism not in _PASSED_ON or cause.nats <= 0.0 or callee == cause.entity:
            found.append(cause)
            continue
        nats = weight * cause.nats
        explained = Reason("explained", -nats, f"{callee} explains it: {joined[callee].best.says}")
        found.append(replace(cause, reasons=(*cause.reasons, explained)))
        if nats > (gains[callee].nats if callee in gains else 0.0):
            gains[callee] = Reason("explains", nats, f"explains {cause.mechanism} of {cause.entity}: {cause.signal}")
    best = {entity: max((each.nats for each in found if each.entity == entity), default=0.0) for entity in gains}
    given = set[str]()
    for place, each in enumerate(found):
        if each.entity in gains and each.entity not in given and each.nats == best[each.entity]:
            given.add(each.entity)
            found[place] = replace(each, reasons=(*each.reasons, gains[each.entity]))
    return found


def _down(each: _Joined | None) -> float:
    return sum(reason.nats for reason in each.reasons if reason.name in _NOT_SERVING) if each else 0.0


def _joined(given: Sequence[Support], weight: float) -> _Joined:
    best = max(given, key=lambda each: each.reason.nats)
    onset = min((each.onset for each in given if each.onset), default=0.0)
    reasons = tuple(replace(each.reason, nats=weight * each.reason.nats) for each in given)
    return _Joined(reasons, best.mechanism, best.signal, onset)


def _with(cause: Cause, joined: Mapping[str, _Joined]) -> Cause:
    more = joined.get(cause.entity)
    return replace(cause, reasons=(*cause.reasons, *more.reasons)) if more and cause.nats > 0.0 else cause


def _alone(joined: Mapping[str, _Joined], known: set[str]) -> Iterable[Cause]:
    for entity, each in joined.items():
        if entity not in known:
            reasons = tuple(replace(reason, nats=_ALONE * reason.nats) for reason in each.reasons)
            yield Cause(entity, each.mechanism, each.signal, reasons, onset=each.onset)
