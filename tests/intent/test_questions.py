"""What no default may stand for is asked, and blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.errors import InvalidIntent
from telic.intent import read_text, require_complete
from telic.model.intent import Question

ROOMS = (Path(__file__).parent / "rooms.yaml").read_text()
FUNCTIONAL = ROOMS[: ROOMS.index("operational:")]


def test_a_missing_workload_and_missing_objectives_are_questions() -> None:
    intent = read_text(FUNCTIONAL)
    assert [each.id for each in intent.open] == ["Q.workload", "Q.slos"]
    with pytest.raises(InvalidIntent) as caught:
        require_complete(intent)
    assert str(caught.value) == (
        "rooms: 2 questions are open\n"
        "  Q.workload (operational.workload): What do users do, how often, and how does that vary?\n"
        "  Q.slos (operational.slos): Which share of requests must be right, and how fast, at which service?"
    )
    assert caught.value.hint.startswith("answer in the intent")
    questions = caught.value.context["questions"]
    assert isinstance(questions, list)
    assert questions[0]["id"] == "Q.workload"


def test_an_objective_without_a_workload_asks_which() -> None:
    intent = read_text(ROOMS.replace("test_window: 10s, under: W2}\n    - {id: O2", "test_window: 10s}\n    - {id: O2"))
    assert intent.open == (Question("Q.O1.under", "O1", "Under which load must O1 hold: W1 or W2?"),)


def test_a_persons_own_question_blocks_as_well() -> None:
    asked = "open: [{id: Q1, about: I1, question: May a room be sold twice?}]"
    with pytest.raises(InvalidIntent) as caught:
        require_complete(read_text(ROOMS.replace("open: []", asked)))
    assert str(caught.value) == "rooms: 1 question is open\n  Q1 (I1): May a room be sold twice?"


def test_a_complete_intent_passes() -> None:
    intent = read_text(ROOMS)
    assert require_complete(intent) is intent
