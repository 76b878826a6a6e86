"""Every number in the sentence of a page of evidence is one that its query returned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.operate import incident

from telic.context.deviation import Deviation
from telic.model import Row, Window
from telic.model.account import Account
from telic.operate.diagnosis.account import account
from telic.operate.diagnosis.causes import diagnose_recording
from telic.operate.diagnosis.causes.shown import shown
from telic.worlds.recorded import read

BEFORE, NOW = Window(0.0, 1_800.0), Window(1_800.0, 3_300.0)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


def deviation(**other: object) -> Deviation:
    return Deviation(**{"entity": "orders", "signal": "handle", "surprise": 5.0, "onset": 2_000.0, **other})  # type: ignore[arg-type]


def said(of: Deviation, *pages: list[Row], says: str = "") -> str:
    return shown(says or of.says, of, pages, BEFORE, NOW)


def test_each_kind_says_what_its_rows_say() -> None:
    rows: list[Row] = [
        {"period": "before", "spans": 450, "middle_s": 0.005768, "most_s": 0.0125},
        {"period": "now", "spans": 375, "middle_s": 0.436, "most_s": 0.9116},
    ]
    slow = deviation(kind="latency", before=0.00577, now=0.58, unit="s", of_spans=True, instance="orders-1")
    assert said(slow, rows) == "orders: handle 0.00577 -> up to 0.912 s (median 0.436)"
    fewer = deviation(kind="errors", before=100.0, now=90.0, unit="%")
    level: list[Row] = [{"period": "now", "points": 5, "middle": 99.0, "least": 97.9, "most": 100.0}]
    assert said(fewer, level) == "orders: handle nothing -> down to 97.9 % (median 99)"
    failing = deviation(kind="errors", before=0.0, now=0.5, unit="failed each time", of_spans=True, pair=("web",))
    failed: list[Row] = [{"period": "now", "spans": 40, "failed": 31}, {"period": "before", "spans": 38, "failed": 0}]
    assert said(failing, failed) == "orders: handle of web gets no answer in 31 of 40 cases, 0 of 38 before"
    grown = deviation(kind="errors", before=0.0, now=1.0, counters=("failed_total",))
    more: list[Row] = [{"period": "now", "name": "failed_total", "series": 2, "more": 812.0}]
    assert said(grown, more) == "orders: handle: failed_total grew by 812 in 1500 s, by 0 in 1800 s before"


def test_messages_and_pairs_of_events_are_counted_as_their_queries_count_them() -> None:
    line = deviation(kind="logs", signal="no connection", before=0.0, now=1.0, count=49)
    lines: list[Row] = [{"period": "now", "lines": 52}]
    assert said(line, lines, says="orders says: no connection (49 times)") == "orders says: no connection (52 times)"
    lost = deviation(kind="sequence", signal="a_b", before=1.0, now=0.7, pair=("a", "b"))
    one: list[Row] = [{"period": "before", "lines": 12}, {"period": "now", "lines": 26}]
    other: list[Row] = [{"period": "before", "spans": 12}, {"period": "now", "spans": 8}]
    found = said(lost, one, other, says=f"{lost.says}; instead: c")
    assert found == "orders: a (12 -> 26 times) is not always followed by b (12 -> 8 times) as it was; instead: c"


@pytest.fixture(scope="module", params=["null-check-removed-java", "flash-sale-surge", "unindexed-new-filter"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Account:
    cases = (each for name in ("code", "none", "further") for each in incident.read(name))
    case = next(each for each in cases if each.name == request.param)
    folder: Path = incident.write(case, tmp_path_factory.mktemp("incident") / case.name)
    recording = read(folder)
    return account(recording, diagnose_recording(recording))


def test_the_numbers_of_claims_stand_in_their_evidence(told: Account) -> None:
    pages = {each.id: each for each in told.evidence}
    checked = 0
    for claim in told.claims:
        if claim.about not in ("cause", "circumstance") or not claim.evidence:
            continue
        returned = [value for id_ in claim.evidence for row in json.loads(pages[id_].result) for value in row.values()]
        numbers = {f"{each:.3g}" for each in returned if isinstance(each, int | float)}
        said = claim.says.rpartition(": ")[2]
        moved = re.search(r"\S+ -> .*$|\(\d+ times.*\)$", said)
        for each in NUMBER.findall(moved.group() if moved else ""):
            assert f"{float(each):.3g}" in numbers, (claim.says, returned)
            checked += 1
    assert checked or not any(each.about == "cause" for each in told.claims)
