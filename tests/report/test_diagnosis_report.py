"""The report of a diagnosis: written, read, asked again, and found out when it lies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from tests.operate import incident
from typer.testing import CliRunner

from telic.cli import diagnose, reports
from telic.errors import InvalidRecord
from telic.model import Store, Topology, dump
from telic.model.account import SCHEMA, Account
from telic.operate.diagnosis.account import account
from telic.operate.diagnosis.causes import diagnose_recording
from telic.report import diagnosis
from telic.report.diagnosis_verify import verify
from telic.worlds.recorded import read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = next(each for each in incident.read("code") if each.name == "null-check-removed-java")
    spiteful = {
        "entity": "web-gateway",
        "severity": "ERROR",
        "body": "<script>alert(1)</script> password=hunter2",
        "at": -20,
        "count": 9,
    }
    return incident.write(replace(case, logs=[*case.logs, spiteful]), tmp_path_factory.mktemp("incident") / case.name)


@pytest.fixture(scope="module")
def told(folder: Path) -> Account:
    recording = read(folder)
    return account(recording, diagnose_recording(recording))


def asked(folder: Path) -> tuple[Store, Topology]:
    recording = read(folder)
    return recording.store(), recording.topology()


def test_says_what_why_and_why_not(told: Account) -> None:
    assert "unchecked absent value in profile-service, brought by a11" in told.headline
    assert {"cause", "change"} <= {each.about for each in told.claims}
    assert any("b22" in each.what and each.lost for each in told.rivals)
    assert [each.time for each in told.timeline] == sorted(each.time for each in told.timeline)
    assert any(each.kind == "mitigation" and "profile-service" in each.says for each in told.steps)
    assert told.levels


def test_every_claim_holds_against_its_own_data(told: Account, folder: Path) -> None:
    checked = verify(told, *asked(folder))
    assert {each.verdict for each in checked} <= {"holds", "no evidence"}
    assert sum(each.verdict == "holds" for each in checked) >= 4


def test_a_changed_report_or_other_data_is_found_out(told: Account, folder: Path, tmp_path: Path) -> None:
    forged = replace(told, evidence=tuple(replace(each, result_hash="sha256:0") for each in told.evidence))
    assert "changed" in {each.verdict for each in verify(forged, *asked(folder))}
    other = incident.write(replace(incident.read("none")[0], name="other"), tmp_path / "other")
    assert "changed" in {each.verdict for each in verify(told, *asked(other))}
    broken = replace(
        told, evidence=tuple(replace(each, query="DROP TABLE logs\n-- params: []") for each in told.evidence)
    )
    assert "failed" in {each.verdict for each in verify(broken, *asked(folder))}


def test_a_path_without_spans_lies_in_who_calls_whom(tmp_path: Path) -> None:
    case = next(each for each in incident.read("none") if each.name == "certificate-expired")
    folder = incident.write(case, tmp_path / case.name)
    recording = read(folder)
    told = account(recording, diagnose_recording(recording))
    told = replace(told, claims=tuple(each for each in told.claims if each.about == "path"))
    assert [each.verdict for each in verify(told, *asked(folder))[:1]] == ["holds"]
    first = told.diagnosis.hypotheses[0]
    detour = replace(told.diagnosis, hypotheses=(replace(first, path=(*first.path, "nobody")),))
    found = verify(replace(told, diagnosis=detour), *asked(folder))[0]
    assert found.verdict == "changed"
    assert "nobody" in found.note


def test_three_faces_and_no_script_no_secret(told: Account, tmp_path: Path) -> None:
    page, record, summary = diagnosis.write(tmp_path / "out" / "report.html", told)
    html = page.read_text()
    assert "<script" not in html
    assert "http://" not in html.replace("http://10.", "")
    assert "<svg" in html
    assert all("hunter2" not in each.read_text() for each in (page, record, summary))
    for face in (page, record, summary):
        assert diagnosis.read(face).headline == told.headline
    assert summary.read_text().startswith("# ")


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(dump({"a": 1}, schema="telic/run/v1"))
    (tmp_path / "words").write_text("no JSON at all")
    for name in ("x.json", "absent.json", "words"):
        with pytest.raises(InvalidRecord, match=name):
            diagnosis.read(tmp_path / name)
    with pytest.raises(InvalidRecord, match=r"absent\.json"):
        diagnosis.read(tmp_path / "absent.html")
    assert SCHEMA == "telic/diagnosis/v1"


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    runner, app = CliRunner(), typer.Typer()
    for module in (diagnose, reports):
        module.register(app)
    page = tmp_path / "r.html"
    assert runner.invoke(app, ["diagnose", str(folder), "--report", str(page)]).exit_code == 0
    good = runner.invoke(app, ["report", "verify", str(page.with_suffix(".json"))])
    assert good.exit_code == 0, good.output
    page.with_suffix(".json").write_text(page.with_suffix(".json").read_text().replace("sha256:", "sha256:0"))
    assert runner.invoke(app, ["report", "verify", str(page.with_suffix(".json"))]).exit_code == 1
