"""Asks a system as a user would, for whoever wants to know whether its answers are right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from telic.errors import UsageError
from telic.lab.course import Course
from telic.model import AnswerStep

Told: TypeAlias = tuple[str, Sequence[Mapping[str, object]]]
USUAL, LEAST, MOST = 10.0, 2.0, 60.0  # for how long is asked [s]; what is told of a second is told when it is over


def length(course: Course, given: Mapping[str, float]) -> float:
    """Return for how long somebody wants to ask [s].

    Raises
    ------
    UsageError
        Nobody can be asked there, or not for so long.
    """
    if not course.asks:
        raise UsageError("nobody can be asked here", hint="see the brief's tools")
    seconds = given.get("seconds", USUAL)
    if not LEAST <= seconds <= MOST:
        raise UsageError(f"check_answers for {seconds:g} s", hint=f"a number of seconds from {LEAST:g} to {MOST:g}")
    return seconds


async def asked(course: Course, seconds: float, turn: int) -> Told:
    """Ask at the entry for `seconds` [s]; return in words what came, and what was checked of each operation.

    What is asked only reads and needs no account; what is right, the intent says (`telic.worlds.load.checks`). Each
    `turn` asks other questions.

    Raises
    ------
    UsageError
        Nothing of the system can be asked so.
    """
    steps: list[AnswerStep] = []
    try:
        async with asyncio.timeout(seconds):
            await course.checks(steps.append, turn)
            raise UsageError("nothing can be checked here", hint="no operation only reads and needs no account")
    except TimeoutError:
        pass
    except OSError as error:  # no intent says what is right, or nobody listens
        raise UsageError(f"nothing can be checked here: {error.strerror}", hint="see the brief's tools") from error
    rows = list(_rows(steps))
    if not rows:
        return "nothing was answered", rows
    return ("answers are wrong" if any(each["wrong"] for each in rows) else "all answers were right"), rows


def _rows(steps: Sequence[AnswerStep]) -> Iterator[Mapping[str, object]]:
    """Yield what was checked by operation."""
    for name in sorted({each.operation for each in steps}):
        own = [each for each in steps if each.operation == name]
        what = sorted({each.what for each in own if each.what})
        yield {
            "operation": name,
            "checked": sum(each.checked for each in own),
            "wrong": sum(each.wrong for each in own),
            "what": ", ".join(what),
        }
