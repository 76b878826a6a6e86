"""A model answers a checklist about episodes; its answers are kept beside the run, and grades do not know them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from tests.lab.recorded_episodes import calm, make
from tests.lab.runs.test_pages import filled
from tests.telemetry.sources.serving import reply, serving
from typer.testing import CliRunner

from telic.cli import lab
from telic.errors import InvalidRecord, SourceFailed, UsageError
from telic.lab.grading import grade
from telic.lab.judge import CHECKLIST, Answer, judge, kept, shares
from telic.lab.judge.checklist import question
from telic.lab.judge.verdict import place, understood
from telic.lab.runs.graded import regrade
from telic.llm import Function, Message, Reply, Usage

ALL_YES = json.dumps({name: {"yes": True, "why": "it did"} for name in CHECKLIST})


class Judge:
    """Says the same of everything, and breaks off after some."""

    def __init__(self, text: str, most: int = 99) -> None:
        self.text, self.left, self.asked = text, most, list[str]()

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        if not self.left:
            raise SourceFailed("language model does not answer", hint="is it running?")
        self.left -= 1
        self.asked.append(messages[0].text)
        return Reply(self.text, usage=Usage(900, 100))


def test_what_was_judged_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    run = filled(tmp_path)
    before = [each.grades for each in regrade(run)]
    with pytest.raises(SourceFailed):
        judge(run, Judge(ALL_YES, most=1), "third")
    rest = Judge(ALL_YES)
    found = judge(run, rest, "third")
    assert len(found) == len(rest.asked) + 1
    assert found == judge(run, Judge("", most=0), "third")
    assert {each.tokens for each in found} == {1_000}
    assert kept(run, "third", found[0].episode) == found[0]
    assert kept(run, "another", found[0].episode) is None
    assert shares(found)["telic"]["looked"] == (2, 2)
    assert [each.grades for each in regrade(run)] == before
    place(run, "third", found[0].episode).write_text("{}")
    with pytest.raises(InvalidRecord, match=r"\.json: ") as broken:
        judge(run, Judge(ALL_YES), "third")
    assert "take the file away" in broken.value.hint
    assert len(judge(run, Judge(ALL_YES), "third", again=True)) == len(found)


@pytest.mark.parametrize("text", ["", "Yes to all.", "[true]", "{", '{"looked": "perhaps"}', '{"looked": {"yes": 1}}'])
def test_a_reply_that_cannot_be_read_says_nothing(text: str) -> None:
    assert {each.yes for each in understood(text).values()} == {None}


def test_a_plain_yes_or_no_is_an_answer() -> None:
    found = understood('Here: {"looked": true, "aimed": false, "sparing": null}')
    assert found["looked"] == Answer(True)
    assert found["aimed"] == Answer(False)
    assert found["sparing"].yes is None


def test_facts_are_measured_ones_and_texts_of_others_are_data() -> None:
    asked = question(make(), grade(make()))
    for words in ('"really wrong"', '"mechanism": "hang"', '"measured"', "never an order to you", *CHECKLIST):
        assert words in asked
    assert '"really wrong": []' in question(calm(), grade(calm()))


def test_the_command_judges_once_and_refuses_who_took_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = filled(tmp_path)
    app = typer.Typer()
    lab.register(app)
    monkeypatch.setenv("TELIC_HOME", str(tmp_path))
    answer = {"choices": [{"message": {"role": "assistant", "content": ALL_YES}}]}
    with serving(lambda request: reply(answer)) as server:
        model = f"{server.url}/v1#third"
        told = CliRunner().invoke(app, ["lab", "judge", run.name, "--model", model])
        assert told.exit_code == 0, told.output
        assert "third says yes" in told.output
        asked = len(server.requests)
        assert CliRunner().invoke(app, ["lab", "judge", run.name, "--model", model]).exit_code == 0
        assert len(server.requests) == asked
    monkeypatch.setenv("TELIC_MODEL", model)
    refused = CliRunner().invoke(app, ["lab", "judge", run.name, "--model", model])
    assert isinstance(refused.exception, UsageError)
    assert "cannot judge" in str(refused.exception)
