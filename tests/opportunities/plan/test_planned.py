"""``telic opportunities plan``: the plan as text, as a picture and as SQL that runs on the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
import typer
from tests.opportunities.templates.small import small
from typer.testing import CliRunner, Result

from telic.cli import opportunities
from telic.errors import UsageError

pq: Any = pyarrow.parquet
COHORTS = ("--template", "lifecycle", "--template", "attributes", "--template", "crosses", "--template", "ngrams")


@pytest.fixture
def visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    pq.write_table(small().events, tmp_path / "visits.parquet")
    return tmp_path / "visits.parquet"


def say(*words: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    opportunities.register(app)
    return CliRunner().invoke(app, ["opportunities", *words])


def rows(statement: str) -> Sequence[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(statement).fetchall()


def test_the_plan_is_printed_and_drawn_and_its_sql_counts_the_cohorts(visits: Path) -> None:
    drawn = visits.with_name("plan.svg")
    found = say("plan", str(visits), "--column", "group=group", *COHORTS, "--engine", "duckdb", "--picture", str(drawn))
    assert found.exit_code == 0, found.exception
    assert f"1 scan read_parquet('{visits}')" in found.stdout
    assert "7 questions, " in found.stdout
    assert drawn.read_text().startswith("<svg ")
    statement = found.stdout[found.stdout.index("WITH groups AS") : found.stdout.index("picture:")]
    counted = {row[-2] for row in rows(statement)}
    prepared = small().prepared
    assert int((prepared.of_groups["os"].codes == 1).sum()) in counted


def test_a_template_without_cohorts_and_an_unknown_engine_are_refused(visits: Path) -> None:
    for words, message in (
        (("--template", "ngrams"), "no template asks about cohorts"),
        ((*COHORTS, "--engine", "duck"), "no engine 'duck'"),
    ):
        refused = say("plan", str(visits), "--column", "group=group", *words).exception
        assert isinstance(refused, UsageError)
        assert message in str(refused)
