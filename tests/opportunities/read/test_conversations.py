"""Runs of agents as events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telic.errors import UsageError
from telic.opportunities.read import columns, open_source
from telic.opportunities.read.conversations import conversations

LOG = {
    "question": "how many?",
    "level": 2,
    "is_correct": False,
    "system_prompt": {"a": "b"},
    "ground_truth": "x" * 500,
    "history": [
        {"name": "Planner", "role": "assistant", "content": "I will ask."},
        {"name": "Terminal", "role": "user", "content": "exitcode: 1 (execution failed)\nTraceback"},
        {"name": "Terminal", "role": "user", "content": "exitcode: 0 (execution succeeded)"},
    ],
}
CHAT = {
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "search"}}, {"function": {"name": "open"}}]},
        {"role": "tool", "name": "search", "content": "Error: no such page"},
        {"role": "assistant", "content": None},
    ]
}
SHARED = {"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}]}


def rows(folder: Path, *documents: object) -> list[dict[str, Any]]:
    paths = []
    for number, each in enumerate(documents):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(each if isinstance(each, str) else json.dumps(each, indent=1))
    found = conversations("runs", paths)
    assert found is not None
    made: list[dict[str, Any]] = found.read(0, found.schema.names).to_pylist()
    return made


def test_turns_are_events_and_a_reported_failure_is_said(tmp_path: Path) -> None:
    found = rows(tmp_path, LOG)
    assert [each["event"] for each in found] == ["Planner", "Terminal failed", "Terminal"]
    assert {each["run_id"] for each in found} == {"0"}
    assert [each["time"].second for each in found] == [0, 1, 2]
    assert found[0]["level"] == "2"
    assert found[0]["is_correct"] == "false"
    assert "ground_truth" not in found[0]
    assert found[0]["turn_characters"] == len("I will ask.")


def test_tool_calls_are_events(tmp_path: Path) -> None:
    found = rows(tmp_path, CHAT)
    assert [each["event"] for each in found] == ["user", "search", "open", "search failed", "assistant"]
    assert [each["agent"] for each in found] == ["user", "assistant", "assistant", "search", "assistant"]


def test_several_documents_in_a_file_and_what_has_no_turns(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(each) for each in (SHARED, {"x": 1}, SHARED))
    (tmp_path / "runs.jsonl").write_text(lines)
    source = open_source(tmp_path / "runs.jsonl")
    table = source.read(0, source.schema.names)
    assert table.column("run_id").to_pylist() == ["runs:1", "runs:1", "runs:3", "runs:3"]
    assert [(each.count, each.why, each.examples) for each in source.exclusions] == [
        (1, "documents without turns", ("runs:2",))
    ]


def test_runs_in_folders_of_the_same_names_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.json").write_text(json.dumps(LOG))
    source = open_source(tmp_path)
    assert set(source.read(0, ["run_id"]).column(0).to_pylist()) == {"one/1", "two/1"}


def test_columns_are_guessed(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(json.dumps(CHAT))
    (tmp_path / "2.json").write_text(json.dumps(CHAT))
    taken = columns(open_source(tmp_path), overrides={})
    assert (taken.time, taken.event, taken.group) == ("time", "event", "run_id")


@pytest.mark.parametrize(
    "text", ['{"history": []}', '{"history": [1]}', '{"messages": [{"x": 1}]}', "[1]", "[]", "nonsense", ""]
)
def test_what_is_no_run_is_left_to_others(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    assert conversations("x", [tmp_path / "x.json"]) is None


def test_a_later_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(json.dumps(LOG))
    (tmp_path / "2.json").write_text("{")
    with pytest.raises(UsageError, match=r"2\.json"):
        open_source(tmp_path)
