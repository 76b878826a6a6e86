"""Asking whether answers are right: what is told, and where nobody can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from telic.errors import UsageError
from telic.lab.course import Course
from telic.lab.journey import Journey
from telic.lab.session import answers
from telic.model import AnswerStep

Tell = Callable[[AnswerStep], None]


class Answering:
    """A course whose entry is asked."""

    asks = True

    def __init__(self, *steps: AnswerStep, then: BaseException | None = None) -> None:
        self._steps, self._then = steps, then

    async def checks(self, tell: Tell, turn: int = 0) -> None:
        for each in self._steps:
            tell(each)
        if self._then is not None:
            raise self._then
        await asyncio.get_running_loop().create_future()


def asked(course: Answering) -> answers.Told:
    return asyncio.run(answers.asked(cast(Course, course), 0.01, turn=1))


def test_rows_say_how_many_answers_of_each_operation_were_wrong() -> None:
    right, wrong = AnswerStep(1.0, "search", 6, 0), AnswerStep(2.0, "search", 5, 2, "order")
    assert asked(Answering(right)) == (
        "all answers were right", [{"operation": "search", "checked": 6, "wrong": 0, "what": ""}],
    )  # fmt: skip
    text, rows = asked(Answering(right, wrong, AnswerStep(2.0, "near", 3, 0)))
    assert text == "answers are wrong"
    assert [tuple(each.values()) for each in rows] == [("near", 3, 0, ""), ("search", 11, 2, "order")]
    assert asked(Answering()) == ("nothing was answered", [])


@pytest.mark.parametrize("why", [None, ConnectionRefusedError(111, "Connection refused")])
def test_where_nothing_can_be_asked_that_is_said(why: OSError | None) -> None:
    class Silent(Answering):
        async def checks(self, tell: Tell, turn: int = 0) -> None:
            if why is not None:
                raise why

    with pytest.raises(UsageError, match="nothing can be checked here"):
        asked(Silent())


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1.9, answers.MOST + 1.0, 1e9, float("nan"), float("inf")])
def test_lengths_that_are_none_are_refused(seconds: float) -> None:
    with pytest.raises(UsageError, match=r"check_answers for .* s") as caught:
        answers.length(cast(Course, Answering()), {"seconds": seconds})
    assert caught.value.hint == "a number of seconds from 2 to 60"


def test_a_system_without_an_intent_cannot_be_asked(tmp_path: Path) -> None:
    brought = object.__new__(Journey)
    brought.design = SimpleNamespace(folder=tmp_path)  # type: ignore[assignment]
    assert not brought.asks
    with pytest.raises(UsageError, match="nobody can be asked here"):
        answers.length(brought, {})
    (tmp_path / "intent.yaml").touch()
    assert brought.asks
    assert answers.length(brought, {}) == answers.USUAL
