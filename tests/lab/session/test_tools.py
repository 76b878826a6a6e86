"""Tools of a session: their schemas, and arguments that do not fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import UsageError
from telic.lab.session.tools import cards, checked
from telic.tools.actions import action

CARDS = cards(shell=True, asking=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def test_every_tool_tells_what_it_takes_and_whether_it_writes() -> None:
    found = {each.name: each for each in cards()}
    assert {"query", "get_logs", "wait", "alerts", "submit", "restart"} <= set(found)
    assert all(each.doc and each.parameters["type"] == "object" for each in found.values())
    assert {each.name for each in found.values() if each.writes} == set(action)
    window: Any = found["get_changes"].parameters
    assert window["required"] == ["start", "end"]


def test_an_example_of_every_action_is_taken_as_it_is() -> None:
    for name in action:
        assert checked(name, action.examples[name]) == dict(action.examples[name])


@pytest.mark.parametrize(
    ("tool", "given_arguments", "says"),
    [
        ("qery", {}, "did you mean query?"),
        ("query", {"sqll": "SELECT 1"}, "did you mean sql?"),
        ("get_config", {}, "'service' is missing"),
        ("get_logs", {"start": "yesterday", "end": 2}, "start"),
        ("wait", {"seconds": "long"}, "seconds"),
        ("submit", {"healthy": "perhaps"}, "healthy"),
        ("check_answers", {"seconds": "x"}, "seconds"),
        ("check_answers", {"seconds": [1]}, "seconds"),
        ("check_answers", {"seconds": None}, "seconds"),
        ("exec_shell", {"command": "ls", "seconds": "x"}, "seconds"),
    ],
)
def test_what_does_not_fit_is_said(tool: str, given_arguments: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(tool, given_arguments)
    assert says in f"{refused.value} {refused.value.hint}"


def test_every_argument_of_what_reads_is_checked() -> None:
    for each in cards(shell=True, asking=True):
        takes: Any = each.parameters["properties"]
        for name in takes if each.name not in action else ():
            with pytest.raises(UsageError, match=name):
                checked(each.name, {**dict.fromkeys(each.parameters.get("required", []), "1"), name: {"a": object()}})  # type: ignore[call-overload]


def test_a_tool_that_is_not_there_is_told_by_those_that_are_offered() -> None:
    with pytest.raises(UsageError) as refused:
        checked("nothing-like-it", {}, ["wait", "query"])
    assert refused.value.hint == "known: query, wait"


@given(st.sampled_from([each.name for each in CARDS]), st.dictionaries(st.text(max_size=8), json_values, max_size=3))
def test_garbage_is_refused_and_never_worse(tool: str, garbage: dict[str, object]) -> None:
    known: Any = next(each for each in CARDS if each.name == tool).parameters["properties"]
    for name in (dict(garbage), {**garbage, **dict.fromkeys(known, next(iter(garbage.values()), None))}):
        said = tool
        try:
            checked(tool, name)
        except UsageError as error:
            said = str(error)
        assert tool in said
