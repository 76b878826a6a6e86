"""``telic opportunities`` as a person and as a program meet it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from tests.opportunities.sample import FINDINGS, run
from typer.testing import CliRunner, Result

from telic.cli import opportunities
from telic.errors import TelicError, UsageError
from telic.model import write_whole
from telic.opportunities import record
from telic.opportunities.ask import Ask
from telic.opportunities.watch import watch

KPI = "error: session has 'app_error'"
QUICK = ("--template", "ngrams", "--set", "permutations=0", "--set", "experts=paper_cohort", "--set", "least=20")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("opportunities")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELIC_HOME", str(made / "home"))
        patch.setenv("COLUMNS", "200")
        patch.chdir(made)
        yield made


def say(*words: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    opportunities.register(app)
    return CliRunner().invoke(app, ["opportunities", *words])


def wrong(*words: str) -> TelicError:
    error = say(*words).exception
    assert isinstance(error, TelicError), error
    return error


@pytest.fixture(scope="module")
def visits(folder: Path) -> Path:
    made = say("sample", "visits.csv", "--groups", "3000", "--json")
    assert made.exit_code == 0, made.exception
    assert len(json.loads(made.stdout)["planted"]) == 4
    return folder / "visits.csv"


@pytest.fixture(scope="module")
def found(visits: Path) -> Result:
    return say("visits.csv", "--kpi", KPI, *QUICK, "--report", "out/report.html", "--exit-code")


def test_a_file_and_a_kpi_are_enough(found: Result, folder: Path) -> None:
    assert found.exit_code == 1, found.exception  # something was found
    for each in (
        "25,",
        "events in 3,000 sessions",
        "  group      session_id",
        "1. Sessions with",
        "crude",
        "adjusted",
        "q  ",
    ):
        assert each in found.stdout, each
    for each in (
        "support",
        "examples",
        "sql",
        "/events.parquet')",
        "These are associations",
        "report: out/report.html",
    ):
        assert each in found.stdout, each
    assert (folder / "out" / "report.html").read_text().endswith("</html>")


def test_the_json_is_the_record(found: Result, folder: Path) -> None:
    kept = record.read(folder / "out" / "report.json")
    again = say("visits.csv", "--kpi", KPI, *QUICK, "--json")
    assert again.exit_code == 0
    same = record.decode(again.stdout)
    assert same.id == kept.id
    assert [record.key_of(each) for each in same.surfaced.findings] == [
        record.key_of(each) for each in kept.surfaced.findings
    ]
    assert kept.surfaced.findings[0].place == (-1, -1)
    assert kept.details[record.key_of(kept.surfaced.findings[0])].stories
    assert set(kept.surfaced.asked) == {"ngrams"}


def test_the_latest_run_is_explained(found: Result, folder: Path) -> None:
    first = record.read(folder / "out" / "report.json").surfaced.findings[0]
    said = say("explain", record.key_of(first)[:5])
    assert said.exit_code == 0, said.exception
    assert said.stdout.startswith(first.sentence)
    assert "experts" in said.stdout


def test_a_wrong_word_is_answered_with_what_there_is(visits: Path) -> None:
    error = wrong("visits.csv", "--template", "lifecycle")
    assert "session has 'app_error'" in error.hint
    assert "app_error" in wrong("visits.csv", "--kpi", "session has 'ap_error'").hint
    assert "event" in wrong("visits.csv", "--kpi", KPI, "--column", "evnt=event").hint
    assert "timestamp" in wrong("visits.csv", "--kpi", KPI, "--column", "time=timestmp").hint
    assert "ngrams" in wrong("visits.csv", "--kpi", KPI, "--template", "ngram").hint
    assert "least_ratio" in wrong("visits.csv", "--kpi", KPI, "--set", "lest_ratio=2").hint
    assert "no parameter" in str(wrong("visits.csv", "--kpi", KPI, "--template", "ngrams:q=2"))
    assert "nowhere.csv" in str(wrong("nowhere.csv", "--kpi", KPI))
    assert "URL#NAME" in wrong("visits.csv", "--kpi", KPI, *QUICK, "--model", "http://127.0.0.1:1").hint
    for words in (["visits.csv", "--kpi", KPI, "--column", "time"], ["sample", "visits.txt"], ["explain", "zzzzzz"]):
        assert wrong(*words).exit_code == 2


def test_two_records_are_compared(folder: Path) -> None:
    write_whole(folder / "week1.json", record.encode(run(FINDINGS[:2])))
    write_whole(folder / "week2.json", record.encode(run(FINDINGS[1:3])))
    said = say("compare", "week1.json", "week2.json", "--exit-code")
    assert said.exit_code == 1
    assert [line.split()[0] for line in said.stdout.splitlines() if line.startswith(("new", "same", "gone"))] == [
        *("new", "same", "gone"),
    ]
    assert json.loads(say("compare", "week1.json", "week1.json", "--json").stdout)["changes"][0]["what"] == "same"


def test_a_finding_is_exported_without_data(folder: Path) -> None:
    write_whole(folder / "week1.json", record.encode(run(FINDINGS[:1])))
    key = record.key_of(FINDINGS[0])
    said = say("export", key, "shared.json", "--run", "week1.json", "--rename", "coupon_apply=A")
    assert said.exit_code == 0, said.exception
    assert "sessions with A > payment_retry > back_click" in said.stdout
    assert "coupon_apply" not in (folder / "shared.json").read_text()


def test_a_shared_finding_is_asked_of_other_events(found: Result, visits: Path, folder: Path) -> None:
    first = record.read(folder / "out" / "report.json").surfaced.findings[0]
    key = record.key_of(first)
    shared = say("export", key, "real.json", "--run", "out/report.json", "--rename", "app_error=E")
    assert shared.exit_code == 0, shared.exception
    assert "app_error" not in (folder / "real.json").read_text()
    other = say("sample", "other.csv", "--groups", "3000", "--json")
    assert other.exit_code == 0
    few = ("--set", "permutations=0", "--set", "experts=paper_cohort", "--json")
    said = say("apply", "real.json", "other.csv", "--rename", "E=app_error", *few)
    assert said.exit_code == 0, said.exception
    asked = record.decode(said.stdout)
    assert sum(asked.surfaced.asked.values()) == 1
    assert [record.key_of(each) for each in asked.surfaced.findings] == [key]
    assert asked.kpis[0].text == record.read(folder / "out" / "report.json").kpis[0].text
    assert "no_such" in str(wrong("apply", "real.json", "other.csv", "--kpi", "session has 'no_such'", *few))


def test_new_files_of_a_folder_are_asked_about_when_they_come(visits: Path, folder: Path) -> None:
    made = [say("sample", f"drop/{name}.parquet", "--groups", "1500", "--seed", "2") for name in ("first",)]
    assert made[0].exit_code == 0
    parts, looks = folder / "drop", 0

    def wait() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            (parts / "half.parquet").write_text("half written")
        if looks == 2:
            (parts / "half.parquet").unlink()
            assert say("sample", "drop/second.parquet", "--groups", "1500", "--seed", "3").exit_code == 0
        return looks < 4

    ask = Ask(
        str(parts),
        (KPI,),
        templates=("attributes",),
        judging={"permutations": 0, "experts": "paper_cohort"},
        home=folder / "home" / "opportunities",
    )
    failed: list[str] = []
    seen = list(watch(ask, wait, failed=lambda error: failed.append(str(error))))
    assert ["drop" in each for each in failed] == [True]
    assert [each.look for each in seen] == [1, 2]  # nothing is asked where nothing is new
    assert seen[0].changes is None
    assert seen[1].changes is not None
    assert seen[1].run.surfaced.groups == 1500  # sessions of the second file go on where the first one ended
    assert seen[1].run.surfaced.events > seen[0].run.surfaced.events
    with pytest.raises(UsageError):
        next(watch(Ask("nowhere.csv", (KPI,), home=folder / "home"), lambda: False))


def test_what_would_be_ignored_is_refused(visits: Path) -> None:
    assert "session" in wrong("visits.csv", "--kpi", KPI, *QUICK, "--by", "sesion").hint
    assert "session_id" in wrong("visits.csv", "--kpi", KPI, *QUICK, "--by", "nope").hint
    assert "--model" in wrong("visits.csv", "--kpi", KPI, *QUICK, "--wish", "who leaves?").hint
    assert "week.html" in wrong("visits.csv", "--kpi", KPI, *QUICK, "--report", "week.pdf").hint
    assert "seed is -1" in str(wrong("visits.csv", "--kpi", KPI, *QUICK, "--set", "seed=-1"))


def test_files_that_cannot_be_written_are_answered(found: Result, folder: Path) -> None:
    (folder / "plain").write_text("")
    error = wrong("visits.csv", "--kpi", KPI, *QUICK, "--report", "plain/week.html")
    assert isinstance(error, UsageError)
    assert Path(error.hint.rpartition(" ")[2]).is_file()  # the run is kept all the same
    key = record.key_of(record.read(folder / "out" / "report.json").surfaced.findings[0])
    for path in ("nowhere/shared.json", "plain/shared.json"):
        assert "no folder" in str(wrong("export", key, path, "--run", "out/report.json"))
    assert not (folder / "nowhere").exists()


def test_a_question_that_fails_says_what_columns_were_taken_for(folder: Path) -> None:
    (folder / "odd.csv").write_text(
        "at,event,basket_id,paid\n" + "".join(f"2026-01-0{1 + n % 9},e{n % 3},b{n // 4},yes\n" for n in range(40))
    )
    hint = wrong("odd.csv", "--kpi", "group has 'e4'").hint
    assert "group basket_id (an id that repeats)" in hint
    assert "time at (" in hint
    assert "user none (" in hint
    assert "--column ROLE=COLUMN" in hint


@pytest.mark.parametrize(
    ("text", "by", "message"),
    [
        ("time,event,thing_id,os\n2026-01-01,a,,x\n2026-01-02,b,,y\n", "", "no event is called 'never'"),
        ("time,event,session_id\n", "", "no usable row"),
        ("time,event,session_id\n2026-01-01,a,\n2026-01-02,b,\n", "session", "name a session"),
        ("time,event\n\x00\x01\x02,3,4\n", "", "is no text"),
    ],
)
def test_columns_without_values_are_answered(folder: Path, text: str, by: str, message: str) -> None:
    (folder / "bare.csv").write_text(text)
    assert message in str(wrong("bare.csv", "--kpi", "row has 'never'", *(("--by", by) if by else ())))
