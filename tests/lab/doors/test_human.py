"""The prompt: what a person types, and what comes of it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.doors.fixed import BRIEF, CARDS, NOW, FixedSession

from telic.errors import UsageError
from telic.lab.doors.human import Human, completions, read, typed

LOGS = next(each for each in CARDS if each.name == "get_logs")


def play(*lines: str, session: FixedSession | None = None) -> tuple[FixedSession, str]:
    out, found = io.StringIO(), session or FixedSession()
    Human(lines, out).run(found)
    return found, out.getvalue()


def test_a_person_reads_acts_and_submits() -> None:
    session, said = play(
        "get_logs start=-30 end=+0 service=rate", "restart target=rate", "submit entity=rate final=true", "alerts"
    )
    assert session.calls == [
        ("get_logs", {"start": NOW - 30, "end": NOW, "service": "rate"}),
        ("restart", {"target": "rate"}),
        ("submit", {"entity": "rate", "final": True}),
    ]
    assert BRIEF.promises[0].says in said
    assert "no such column" in said
    assert "[1 of 60 s]" in said
    assert "The session is over." in said


def test_slips_of_the_keyboard_cost_nothing_and_say_what_to_type() -> None:
    session, said = play("get_logs rate", 'query sql="SELECT', "wait seconds=soon", "", "help", "help wait", "brief")
    assert session.calls == []
    assert "get_logs start=number end=number [service=string] [limit=integer]" in said
    assert "close the quote" in said
    assert "give a number" in said


def test_an_unknown_tool_is_on_record_as_every_actors_is() -> None:
    session, said = play("reboot target=rate", "quit", "alerts")
    assert session.tools == ["reboot"]
    assert "no tool 'reboot'" in said


def test_a_very_long_line_is_bounded_and_on_record() -> None:
    session, said = play("query sql=" + "x" * 10_000_000)
    assert session.tools == ["unreadable"]
    assert len(said) < 5000


def test_the_budget_ends_it() -> None:
    session, _ = play(*["alerts"] * 9, session=FixedSession(replace(BRIEF, calls=3)))
    assert session.tools == ["alerts"] * 3


def test_a_person_who_leaves_ends_the_prompt() -> None:
    def gone(prompt: str) -> str:
        assert prompt == "hotel 0s> "
        raise EOFError

    assert list(typed(FixedSession(), gone)) == []


def test_tools_and_their_parameters_complete() -> None:
    names = completions(BRIEF)
    assert {"get_logs ", "submit ", "help ", "quit "} <= set(names[""])
    assert names["get_logs"] == ("start=", "end=", "service=", "limit=")


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_line_is_arguments_or_a_clear_error(text: str) -> None:
    try:
        found = read(text, LOGS, NOW)
    except UsageError as error:
        wrong = error
        assert wrong.hint
    else:
        assert all(isinstance(name, str) for name in found)


@pytest.mark.parametrize(
    ("text", "value"), [("start=-5", NOW - 5), ("start=0", NOW), ("start=1795000000.5", 1795000000.5)]
)
def test_times_are_from_now_or_absolute(text: str, value: float) -> None:
    assert read(text, LOGS, NOW) == {"start": value}
