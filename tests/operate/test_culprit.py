"""The search for the culprit: written incidents, recorded ones, and what must never happen."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.operate import incident
from tests.operate.incident import Case

from telic.operate.diagnosis.culprit.rank import rank
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict
from telic.worlds.recorded import read

WRITTEN = [case for name in ("code", "none", "tempting", "further") for case in incident.read(name)]
RECORDED = Path(os.environ.get("TELIC_DATA", "../shared/data")) / "incidents" / "rootcausebench"


def _rank(case: Case, folder: Path) -> list[ChangeVerdict]:
    return rank(read(incident.write(case, folder / case.name)))


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.name)
def test_names_the_change_or_none(case: Case, tmp_path: Path) -> None:
    verdicts = _rank(case, tmp_path)
    assert verdicts[0].id in {case.culprit, *case.also}, verdicts[0].says
    assert sum(each.confidence for each in verdicts) == pytest.approx(1.0)
    assert [each.change is None for each in verdicts].count(True) == 1
    assert all(each.says and each.reasons for each in verdicts)


def test_what_was_written_after_the_weights_stood(tmp_path: Path) -> None:
    later = incident.read("later")
    wrong = [case.name for case in later if _rank(case, tmp_path)[0].id != case.culprit]
    assert len(wrong) <= 1, wrong


def test_without_the_culprit_hardly_anything_is_blamed_instead(tmp_path: Path) -> None:
    guilty = [case for case in WRITTEN if case.culprit][::6]
    firsts = [_rank(_without(case), tmp_path)[0] for case in guilty]
    blamed = [each for each in firsts if each.change is not None and each.confidence > 0.8]
    assert len(blamed) <= 1, [each.says for each in blamed]


def _without(case: Case) -> Case:
    away = {case.culprit, *case.also}
    return replace(case, changes=[[line for line in group if line["id"] not in away] for group in case.changes])


def test_a_change_after_the_alert_is_never_blamed(tmp_path: Path) -> None:
    case = next(each for each in WRITTEN if each.name == "null-check-removed-java")
    later = [[{**line, "time": float(str(line["time"])) + 60} for line in group] for group in case.changes]
    assert _rank(replace(case, changes=later), tmp_path)[0].change is None


def test_no_changes_on_record_is_said(tmp_path: Path) -> None:
    verdicts = _rank(replace(WRITTEN[0], changes=[]), tmp_path)
    assert [each.says for each in verdicts] == ["no changes are on record"]


def test_hostile_records_do_no_harm(tmp_path: Path) -> None:
    odd: Sequence[dict[str, object]] = [
        {
            "time": -20,
            "kind": "commit",
            "id": "x",
            "summary": "\x00" * 9,
            "diff": "@@ @@ @@\n---\n+++\n@@ -9,9 +" + "+" * 5000,
        },
        {"time": -19, "kind": "deploy", "entity": "", "id": "x", "summary": ""},
        {
            "time": -18,
            "kind": "sorcery",
            "entity": "profile-service",
            "id": "",
            "summary": "é" * 3000,
            "diff": "\n" * 50,
        },
    ]
    verdicts = _rank(replace(WRITTEN[0], changes=[*WRITTEN[0].changes, odd]), tmp_path)
    assert verdicts[0].id == WRITTEN[0].culprit


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded incidents are not on this machine (TELIC_DATA)")
def test_recorded_incidents() -> None:
    right = 0
    folders = sorted(RECORDED.iterdir())
    for folder in folders:
        truth = json.loads((folder / "truth.json").read_text())["root_causes"][0]["change"] or ""
        right += rank(read(folder))[0].id == truth
    assert right >= len(folders) - 1
