"""What statements on stores show."""

from __future__ import annotations

from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.manners.feature import CLEAR, MUCH, Feature
from telic.operate.diagnosis.mechanisms.store_slow import writes
from telic.operate.diagnosis.statement_times import key, usual_times
from telic.telemetry.queries import StatementCalls

MOST = 0.7  # of what waits [1]


def _statements(picture: Picture | None, entity: str) -> list[StatementCalls]:
    found = picture.statements if picture else ()
    return [each for each in found if entity in (each.service, each.store) and each.calls >= 2]


def _grown(findings: Findings, entity: str) -> tuple[list[StatementCalls], list[StatementCalls]]:
    """Return statements that take far longer than before, and the others."""
    usual = usual_times(_statements(findings.baseline, entity))
    known = [each for each in _statements(findings.current, entity) if key(each) in usual]
    grown = [each for each in known if each.p50 >= max(MUCH * usual[key(each)], usual[key(each)] + CLEAR)]
    return grown, [each for each in known if each not in grown]


def _statements_slow(findings: Findings, entity: str) -> bool:
    return bool(_grown(findings, entity)[0])


def _all_statements_slow(findings: Findings, entity: str) -> bool:
    grown, others = _grown(findings, entity)
    return len(grown) > 1 and not others


def _writes_slow(findings: Findings, entity: str) -> bool:
    """What waits is what writes, and nearly all that writes waits."""
    grown, others = _grown(findings, entity)
    writing = [each for each in (*grown, *others) if writes(each)]
    slow = [each for each in grown if writes(each)]
    return len(slow) >= MOST * len(grown) > 0 and len(slow) >= MOST * len(writing)


def _several_wait(findings: Findings, entity: str) -> bool:
    return len({each.service for each in _grown(findings, entity)[0]}) > 1


def _store(findings: Findings, entity: str) -> bool:
    return entity in findings.state.stores


FEATURES: dict[str, Feature] = {
    "statements slow": _statements_slow,
    "all statements slow": _all_statements_slow,
    "writes slow": _writes_slow,
    "several wait": _several_wait,
    "store": _store,
}
