"""Checks of answers: what is asked, what is told of it, and that nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.worlds.load.test_generator import WRONG
from tests.worlds.load.test_simulated import Entry, on_virtual_time

from telic.clock import SystemClock
from telic.model import AnswerStep, Design
from telic.runtime.server.messages import Request, Response
from telic.worlds.load import checks
from telic.worlds.load.checks import RATE, questions
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.testing import ModelSystem, Reply
from telic.worlds.load.testing.server import Server

READ = {"F1": "search_hotels", "F2": "search_activities", "F5": "read_reviews"}
SECONDS = 40.0


def untrue(case: tuple[str, str, object]) -> bool:
    """Whether it is an answer, and one that is untrue."""
    return case[1].startswith("wrong_")


def design(knowledge: Knowledge) -> Design:
    return replace(knowledge.design, folder=knowledge.folder)


def checked(knowledge: Knowledge, entry: Entry) -> list[AnswerStep]:
    """Let the checks run on virtual time for a while."""
    told: list[AnswerStep] = []

    async def work(clock: Any) -> None:
        asking = asyncio.ensure_future(checks.on_virtual_time(design(knowledge), clock, entry, knowledge, told.append))
        await asyncio.sleep(SECONDS)
        asking.cancel()
        await asyncio.wait([asking])

    on_virtual_time(work)
    return told


def test_what_only_reads_is_asked_and_nothing_else(knowledge: Knowledge) -> None:
    assert questions(knowledge) == READ
    entry = Entry(knowledge)
    told = checked(knowledge, entry)
    assert {each.path.removeprefix("/") for each in entry.requests} == set(READ.values())
    assert not any(b"authorization" in each.headers for each in entry.requests)
    assert {each.operation for each in told} == set(READ.values())
    assert 0.6 * RATE * SECONDS < sum(each.checked for each in told) < 1.4 * RATE * SECONDS
    assert not any(each.wrong for each in told)


@pytest.mark.parametrize("case", [name for name, case in WRONG.items() if case[0] in READ and untrue(case)])
def test_a_wrong_answer_is_told_with_what_is_wrong(knowledge: Knowledge, case: str) -> None:
    id_, reason, change = WRONG[case]

    class Lying(Entry):
        def answer(self, request: Request) -> Response:
            right = super().answer(request)
            if request.path.removeprefix("/") != READ[id_]:
                return right
            changed = change(Reply(right.status, msgspec.json.decode(right.body)))
            return Response(changed.status, msgspec.json.encode(changed.body))

    told = checked(knowledge, Lying(knowledge))
    wrong = [each for each in told if each.wrong]
    assert {each.operation for each in wrong} == {READ[id_]}
    assert reason in {f"wrong_{each.what}" for each in wrong}


def test_errors_and_silence_are_no_wrong_answers(knowledge: Knowledge) -> None:
    class Broken(Entry):
        def answer(self, request: Request) -> Response:
            return Response(500, b"{}") if request.path == "/search_hotels" else super().answer(request)

    told = checked(knowledge, Broken(knowledge))
    assert not any(each.wrong for each in told)
    assert "search_hotels" not in {each.operation for each in told}


async def test_over_the_network_checks_end_when_they_are_cancelled(knowledge: Knowledge, system: ModelSystem) -> None:
    async with Server(system) as server:
        first: asyncio.Future[AnswerStep] = asyncio.get_running_loop().create_future()
        tell: Callable[[AnswerStep], None] = lambda each: None if first.done() else first.set_result(each)  # noqa: E731
        work: Coroutine[Any, Any, None] = checks.live(
            design(knowledge), f"http://127.0.0.1:{server.port}", SystemClock(), tell
        )
        asking = asyncio.ensure_future(work)
        found = await asyncio.wait_for(first, 20.0)
        assert found.checked > 0
        assert found.wrong == 0
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
