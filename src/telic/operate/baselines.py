"""Trivial ways to name a cause, scored in the same table: what a diagnosis has to beat.

Each looks at the same telemetry and change log as the statistical actor, and names a mechanism by the obvious rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import sqrt

from telic.model import Change, Diagnosis, Hypothesis, Observed, Symptom, Window
from telic.telemetry.queries import edges, service_operations, statements

Baseline = Callable[[Observed, Symptom], Diagnosis]

LOOK_BACK = 300.0  # for the last change [s]
NORMAL = 20.0  # time before the onset that is taken as normal [s]
AWAY = 2.5  # between that and the onset [s]


def last_change(world: Observed, symptom: Symptom) -> Diagnosis:
    """Blame whatever was changed last: a bad deploy when something is slow or fails, a bad value otherwise."""
    window = Window(symptom.detected - LOOK_BACK, symptom.detected)
    found = [each for each in world.changes(window) if not each.own]
    if not found:
        return _diagnosis(symptom, [])
    newest = max(found, key=lambda each: each.time)
    return _diagnosis(symptom, [(1.0, newest.entity.partition("->")[0], _of_change(newest, symptom), newest.id)])


def loudest(world: Observed, symptom: Symptom) -> Diagnosis:
    """Blame the service (below the entry) with the most errors; without errors, the slowest one."""
    now, _ = _windows(symptom)
    entry = world.topology().entry
    errors: dict[str, int] = {}
    slowest: dict[str, float] = {}
    kinds: dict[str, dict[str, int]] = {}
    for each in service_operations(world.store(), now, now.seconds):
        if each.service == entry:
            continue
        errors[each.service] = errors.get(each.service, 0) + each.errors
        slowest[each.service] = max(slowest.get(each.service, 0.0), each.p95)
        for kind, count in each.by_class.items():
            kinds.setdefault(each.service, {})[kind] = kinds.get(each.service, {}).get(kind, 0) + count
    if any(errors.values()):
        worst = max(errors, key=lambda name: errors[name])
        common = max(kinds[worst], key=lambda kind: kinds[worst][kind])
        return _diagnosis(symptom, [(float(errors[worst]), worst, _of_error(common), "")])
    return _diagnosis(symptom, [(value, name, "slow-query", "") for name, value in slowest.items()])


def max_z(world: Observed, symptom: Symptom) -> Diagnosis:
    """Blame the signal (not the symptom's own) that left its usual range by the most standard deviations."""
    now, before = _windows(symptom)
    store = world.store()
    scored: list[tuple[float, str, str, str]] = []
    usual_edges = {each.name: each for each in edges(store, before)}
    for edge in edges(store, now):
        old = usual_edges.get(edge.name)
        if old is not None:
            scored.append((_latency_z(edge.p50, old.p50, old.p95), edge.name, "network-delay", ""))
            scored.append(
                (_error_z(edge.errors, edge.calls, old.errors, old.calls), edge.name, "network-partition", "")
            )
    usual_statements = {(each.service, each.statement): each for each in statements(store, before)}
    for statement in statements(store, now):
        was = usual_statements.get((statement.service, statement.statement))
        if was is not None:
            scored.append((_latency_z(statement.p50, was.p50, was.p95), statement.service, "slow-query", ""))
    usual = {(each.service, each.operation): each for each in service_operations(store, before, before.seconds)}
    for each in service_operations(store, now, now.seconds):
        normal = usual.get((each.service, each.operation))
        if normal is not None and each.service != symptom.entity:
            scored.append((_latency_z(each.p50, normal.p50, normal.p95), each.service, "cpu-starvation", ""))
            scored.append(
                (_error_z(each.errors, each.count, normal.errors, normal.count), each.service, "exception", "")
            )
    return _diagnosis(symptom, scored)


BASELINES: Mapping[str, Baseline] = {"last-change": last_change, "loudest": loudest, "max-z": max_z}


def _of_change(change: Change, symptom: Symptom) -> str:
    if change.kind == "deploy":
        return "exception" if symptom.signal == "errors" else "slow-query"
    return "wrong-config"


def _of_error(kind: str) -> str:
    if kind in ("timeout", "deadline_exceeded", "504"):
        return "hang"
    return "crash-loop" if kind.startswith("connection") else "exception"


def _windows(symptom: Symptom) -> tuple[Window, Window]:
    normal = Window(symptom.onset - AWAY - NORMAL, symptom.onset - AWAY)
    return Window(symptom.onset - 1.0, symptom.detected + 1.0), normal


def _latency_z(now: float, usual: float, high: float) -> float:
    """Return by how many standard deviations [1] a median moved; the 95th percentile lies 1.645 above the median."""
    return (now - usual) / max(1e-4, (high - usual) / 1.645)


def _error_z(errors: int, calls: int, old_errors: int, old_calls: int) -> float:
    """Return by how many standard deviations [1] the share of errors moved, with one imagined error before."""
    if not calls:
        return 0.0
    share = (old_errors + 1.0) / (old_calls + 2.0)
    return (errors / calls - share) / sqrt(share * (1.0 - share) / calls)


def _diagnosis(symptom: Symptom, scored: Iterable[tuple[float, str, str, str]]) -> Diagnosis:
    best = sorted(scored, key=lambda each: -abs(each[0]))[:3]
    hypotheses = tuple(
        Hypothesis(rank, entity, mechanism, 1.0 / len(best), (), change=change, why=f"score {score:.1f}")
        for rank, (score, entity, mechanism, change) in enumerate(best, 1)
    )
    window = Window(symptom.onset, symptom.detected)
    return Diagnosis(symptom.detected, window, hypotheses, (), abstained=not hypotheses)
