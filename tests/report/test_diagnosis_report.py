"""The report of a diagnosis: written, read, asked again, and found out when it lies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from tests.operate import incident
from typer.testing import CliRunner, Result

from telic.cli import diagnose, reports
from telic.errors import InvalidRecord, UsageError
from telic.model import dump
from telic.model.account import SCHEMA, Account
from telic.operate.diagnosis.account import account
from telic.operate.diagnosis.account.again import account_again, signed
from telic.operate.diagnosis.causes import diagnose_recording
from telic.report import diagnosis
from telic.report.diagnosis_verify import Checked, verify
from telic.worlds.recorded import read
from telic.worlds.recorded.times import text


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
    return diagnosis.without_secrets(signed(account(recording, diagnose_recording(recording))))


def asked(told: Account, folder: Path) -> list[Checked]:
    recording = read(folder)
    again = diagnosis.without_secrets(account_again(told, recording))
    return verify(told, recording.store(), recording.topology(), again)


def altered(told: Account, folder: Path) -> dict[str, str]:
    return {each.id: each.note for each in asked(told, folder) if each.verdict == "altered"}


def test_says_what_why_and_why_not(told: Account) -> None:
    assert "unchecked absent value in profile-service, brought by a11" in told.headline
    assert {"cause", "change"} <= {each.about for each in told.claims}
    assert any("b22" in each.what and each.lost for each in told.rivals)
    assert [each.time for each in told.timeline] == sorted(each.time for each in told.timeline)
    assert any(each.kind == "mitigation" and "profile-service" in each.says for each in told.steps)
    assert told.levels


def test_every_claim_holds_against_its_own_data(told: Account, folder: Path) -> None:
    checked = asked(told, folder)
    assert {each.verdict for each in checked} <= {"holds", "no evidence"}
    assert sum(each.verdict == "holds" for each in checked) >= 4


def test_a_changed_report_or_other_data_is_found_out(told: Account, folder: Path, tmp_path: Path) -> None:
    forged = replace(told, evidence=tuple(replace(each, result_hash="sha256:0") for each in told.evidence))
    assert "changed" in {each.verdict for each in asked(forged, folder)}
    other = incident.write(replace(incident.read("none")[0], name="other"), tmp_path / "other")
    assert "changed" in {each.verdict for each in asked(told, other)}
    broken = replace(
        told, evidence=tuple(replace(each, query="DROP TABLE logs\n-- params: []") for each in told.evidence)
    )
    assert "failed" in {each.verdict for each in asked(broken, folder)}


def test_a_path_without_spans_lies_in_who_calls_whom(tmp_path: Path) -> None:
    case = next(each for each in incident.read("none") if each.name == "certificate-expired")
    folder = incident.write(case, tmp_path / case.name)
    recording = read(folder)
    told = signed(account(recording, diagnose_recording(recording)))
    told = replace(told, claims=tuple(each for each in told.claims if each.about == "path"))
    assert [each.verdict for each in asked(told, folder)[:1]] == ["holds"]
    first = told.diagnosis.hypotheses[0]
    detour = replace(told.diagnosis, hypotheses=(replace(first, path=(*first.path, "nobody")),))
    found = asked(replace(told, diagnosis=detour), folder)[0]
    assert found.verdict == "changed"
    assert "nobody" in found.note


def test_what_was_changed_after_it_was_written_is_named(told: Account, folder: Path) -> None:
    assert not altered(told, folder)
    claims = told.claims
    lies = {
        "C1": replace(told, claims=(replace(claims[0], says="the moon did it"), *claims[1:])),
        "C2": replace(told, claims=(claims[0], replace(claims[1], strength=99.0), *claims[2:])),
        "C3": replace(told, claims=(*claims[:2], replace(claims[2], evidence=claims[0].evidence), *claims[3:])),
        claims[-1].id: replace(told, claims=claims[:-1]),
        "C99": replace(told, claims=(*claims, replace(claims[0], id="C99"))),
    }
    for id_, lie in lies.items():
        found = altered(lie, folder)
        assert set(found) == {id_}, found
        assert "after it was written" in found[id_]
    assert claims[0].says in altered(lies["C1"], folder)["C1"]
    assert "not +99.0" in altered(lies["C2"], folder)["C2"]


def test_what_is_no_claim_is_compared_too(told: Account, folder: Path) -> None:
    assert set(altered(replace(told, headline="the moon did it"), folder)) == {"headline"}
    assert set(altered(replace(told, rivals=told.rivals[1:]), folder)) == {"rivals"}
    first, *others = told.diagnosis.hypotheses
    surer = replace(told.diagnosis, hypotheses=(replace(first, confidence=0.123), *others))
    assert set(altered(replace(told, diagnosis=surer), folder)) == {"causes"}
    page = next(each for each in told.evidence if each.id in told.claims[0].evidence)
    forged = [replace(each, result="[]") if each is page else each for each in told.evidence]
    assert page.id in altered(replace(told, evidence=tuple(forged)), folder)["C1"]


def test_a_report_of_another_version_is_not_called_changed_by_somebody(told: Account, folder: Path) -> None:
    lie = replace(told, telic="0.0.1", headline="something else")
    assert "version 0.0.1 of Telic" in altered(lie, folder)["headline"]


def test_a_claim_without_evidence_is_said_to_have_none(tmp_path: Path) -> None:
    case = next(each for each in incident.read("none") if each.name == "flash-sale-surge")
    folder = incident.write(case, tmp_path / case.name)
    recording = read(folder)
    told = diagnosis.without_secrets(signed(account(recording, diagnose_recording(recording))))
    (bare,) = (each for each in asked(told, folder) if each.verdict == "no evidence")
    claim = next(each for each in told.claims if each.id == bare.id)
    assert bare.note == f"{claim.id} has no evidence of its own: {claim.says}"
    lie = replace(told, claims=tuple(replace(each, says="the moon") if each is claim else each for each in told.claims))
    assert set(altered(lie, folder)) == {claim.id}


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


def test_an_earlier_look_knows_nothing_of_what_came_later(folder: Path) -> None:
    recording, at = read(folder), incident.REPORTED - 39 * 60.0  # a11 is committed and not in force yet
    told = account(recording, diagnose_recording(recording, at=at))
    assert told.window.end == at
    assert all(each.time <= at for each in told.timeline)
    assert all(time < at for each in told.levels for time in each.times)
    assert "b22" not in str(told)
    assert "brought by" not in told.headline


def run(*words: object) -> Result:
    app = typer.Typer()
    for module in (diagnose, reports):
        module.register(app)
    return CliRunner().invoke(app, [str(each) for each in words])


def test_a_report_of_an_earlier_look_is_asked_again_as_of_then(folder: Path, tmp_path: Path) -> None:
    page, at = tmp_path / "r.html", text(incident.REPORTED - 300.0)
    made = run("diagnose", folder, "--at", at, "--report", page)
    assert made.exit_code == 0, made.output
    assert any(each.evidence for each in diagnosis.read(page).levels)
    again = run("report", "verify", page)
    assert again.exit_code == 0, again.output
    late = run("diagnose", folder, "--at", text(incident.END + 60.0))
    assert isinstance(late.exception, UsageError)
    assert text(incident.END) in str(late.exception)


def test_a_report_is_about_the_symptom_that_was_asked_for(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    other = next(each.name for each in read(folder).topology().entities if each.name != read(folder).symptom.entity)
    made = run("diagnose", folder, "--symptom", other, "--report", page)
    assert made.exit_code == 0, made.output
    told = diagnosis.read(page)
    assert told.symptom == other
    assert [each.entity for each in told.timeline if each.kind == "symptom"] == [other]


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    runner, app = CliRunner(), typer.Typer()
    for module in (diagnose, reports):
        module.register(app)
    page = tmp_path / "r.html"
    assert runner.invoke(app, ["diagnose", str(folder), "--report", str(page)]).exit_code == 0
    for ending in (".json", ".html", ".md"):
        good = runner.invoke(app, ["report", "verify", str(page.with_suffix(ending))])
        assert good.exit_code == 0, good.output
        assert "hold" in good.output
        assert "diagnosing them again" in " ".join(good.output.split())
    record, summary = page.with_suffix(".json"), page.with_suffix(".md")
    summary.write_text(summary.read_text().replace("unchecked absent value", "the moon"))
    lying = runner.invoke(app, ["report", "verify", str(summary)])
    assert lying.exit_code == 1
    assert "r.md does not say" in lying.output
    true = record.read_text()
    record.write_text(true.replace("unchecked absent value", "the moon"))
    lying = runner.invoke(app, ["report", "verify", str(record)])
    assert lying.exit_code == 1
    assert "was changed after it was written" in " ".join(lying.output.split())
    record.write_text(true.replace("sha256:", "sha256:0"))
    assert runner.invoke(app, ["report", "verify", str(record)]).exit_code == 1


def test_a_symptom_that_was_named_is_named_again(folder: Path, tmp_path: Path) -> None:
    runner, app = CliRunner(), typer.Typer()
    for module in (diagnose, reports):
        module.register(app)
    page = tmp_path / "named.html"
    for words in (["--symptom", "profile-service"], ["--at", text(incident.REPORTED + 60.0)]):
        made = runner.invoke(app, ["diagnose", str(folder), "--report", str(page), *words])
        assert made.exit_code == 0, made.output
        good = runner.invoke(app, ["report", "verify", str(page)])
        assert good.exit_code == 0, good.output
