"""Wrong answers, which fail no request: what is noticed, what is not, and when all is well again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from telic.model import AnswerStep, Symptom
from telic.operate.answers import BACK, KEPT, AnswerMonitor
from telic.operate.words import noticed

START = 10_000.0


def steps(pattern: str, *, start: float = START, operation: str = "near", apart: float = 1.0) -> list[AnswerStep]:
    """Return one checked answer a second: ``.`` is right, ``x`` wrong."""
    return [AnswerStep(start + apart * i, operation, 1, int(each == "x"), "order") for i, each in enumerate(pattern)]


def played(*rows: Sequence[AnswerStep], frozen: bool = False) -> tuple[AnswerMonitor, list[list[Symptom]]]:
    monitor = AnswerMonitor()
    told = sorted((each for row in rows for each in row), key=lambda each: each.time)
    found = [monitor.step([each], each.time + 1.0, frozen=frozen, entry="gateway") for each in told]
    return monitor, found


def test_answers_that_are_wrong_again_and_again_are_noticed_within_seconds() -> None:
    _, found = played(steps("." * 60 + "xxxx"))
    assert all(not each for each in found[:62])
    (symptom,) = found[-1]
    assert (symptom.signal, symptom.operation, symptom.entity) == ("answers", "near", "gateway")
    assert symptom.onset == START + 60.0
    assert "wrong answers" in noticed(symptom)


@pytest.mark.parametrize(
    "pattern",
    ["." * 40, "." * 30 + "x" + "." * 20, ("." * 9 + "x") * 8, "." * 30 + "xx" + "." * 30, "xxxx" + "." * 20],
    ids=["right", "once", "rarely", "two in a row", "over"],
)
def test_single_wrong_answers_are_no_harm(pattern: str) -> None:
    _, found = played(steps(pattern))
    assert not any(found[10:]) if pattern.startswith("x") else not any(found)


def test_what_is_always_wrong_a_little_is_what_is_usual() -> None:
    _, found = played(steps(("." * 4 + "x") * 40 + "xx.x.x"))
    assert not any(found[150:])


def test_one_operation_says_nothing_of_another() -> None:
    _, found = played(steps("." * 40 + "." * 8), steps("." * 40 + "x" * 8, operation="list"))
    named = {symptom.operation for each in found for symptom in each}
    assert named == {"list"}


def test_well_is_who_was_checked_and_was_right() -> None:
    monitor, _ = played(steps("." * 20 + "xxxx"), frozen=True)
    assert not monitor.well("near", START + 19.0)
    assert not monitor.well("near", START + 30.0)  # nobody was asked since
    assert not monitor.well("unheard", START)
    monitor.step(steps("...", start=START + 30.0), START + 33.0, frozen=True, entry="gateway")
    assert monitor.well("near", START + 30.0)


def test_what_was_wrong_in_an_incident_does_not_become_usual_and_old_steps_are_let_go() -> None:
    monitor, found = played(steps("." * 30 + "x" * 60), frozen=True)
    assert found[-1]
    monitor, found = played(steps("." * (KEPT + 50)))
    assert not any(found)
    assert len(monitor._operations["near"].steps) <= BACK + 2
