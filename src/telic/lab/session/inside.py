"""A session over a course: tools on its world, the clock, the budget, what was called and claimed."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from telic.errors import TelicError, UsageError
from telic.intent.verdicts import bad_errors_in
from telic.lab.course import Course
from telic.lab.session import answers, claiming, tools
from telic.lab.session.calls import arguments_of, text_of
from telic.lab.session.claiming import Claiming
from telic.lab.session.eyes import Eyes
from telic.lab.session.record import Called, Cost, Thought
from telic.lab.session.session import Brief, ToolResult
from telic.lab.shell.commands import USUAL, Shell
from telic.model import Action, ActionRecord, plain
from telic.operate.health import ObjectiveHealth
from telic.operate.words import sentence
from telic.tools import journal
from telic.tools.actions import action
from telic.tools.guard import Guard
from telic.tools.journal import Journal
from telic.tools.read import Reader

_log = logging.getLogger(__name__)

INCIDENT = "session"  # what the guard's journal calls everything that one session does
LONGEST_ERROR = 1_000  # [characters]

Answer = tuple[str, Sequence[Mapping[str, object]]]


class WorldSession:
    """Implements `Session` in the harness's own process; one call at a time, from any thread.

    Parameters
    ----------
    course
        A loaded world.
    brief
        What the actor is told; its `began` and `seconds` bound the session.
    normal
        From when to when all is well [s since the Unix epoch]; monitors learn from that.
    think
        World time that a call takes at least on virtual time, so that nobody acts in no time [s].
    shell
        A shell that looks at the world, or why there is none.
    """

    def __init__(
        self,
        course: Course,
        brief: Brief,
        *,
        normal: tuple[float, float],
        think: float,
        shell: Shell | str = "this world is not real",
    ) -> None:
        self.brief, self._course, self._think, self._shell = brief, course, think, shell
        made = course.design
        bad = bad_errors_in(made.folder)
        self._eyes = Eyes(course.world, made.objectives, brief.entry, normal=normal, bad_errors=bad)
        self._reader = Reader(course.world)
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self.calls: list[Called] = []
        self.thoughts: Sequence[Thought] = ()
        self.tokens, self.money = 0, 0.0  # of a language model that somebody asks for the actor [1, USD]
        self.claiming = Claiming()
        self.ended = ""
        self.closed_at = 0.0  # [s since the Unix epoch]

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        if not self.ended and self.now() >= self.brief.began + self.brief.seconds:
            self.end("time")
        return bool(self.ended)

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        return self._course.now()

    @property
    def left(self) -> float:
        """World time until the session ends at the latest [s]."""
        return max(0.0, self.brief.began + self.brief.seconds - self.now())

    def end(self, why: str) -> None:
        """Close the session; the first reason counts."""
        if not self.ended:
            self.ended, self.closed_at = why, self.now()
            self._let_journal_go()

    def _let_journal_go(self) -> None:
        """Close the journal once nobody writes: an action that goes on when time is up is written to its end."""
        if self._lock.acquire(blocking=False):
            try:
                written, self._journal = self._journal, None
                if written is not None:
                    written.close()
            finally:
                self._lock.release()

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Call a tool; whatever is wrong with the call is in the answer's `error`."""
        with self._lock:
            if self.closed:
                return ToolResult(
                    error=f"the session is over ({self.ended}); nothing is answered any more", closed=True
                )
            began = self.now()
            text, error = "", ""
            rows: Sequence[Mapping[str, object]] = ()
            kept: Mapping[str, object] = {}
            try:
                kept = arguments_of(tool, arguments)
                text, rows = self._perform(
                    str(tool), tools.checked(tool, kept, [each.name for each in self.brief.tools])
                )
            except TelicError as wrong:
                error = f"{wrong}; {wrong.hint}"[:LONGEST_ERROR] if wrong.hint else str(wrong)[:LONGEST_ERROR]
            except Exception as wrong:  # noqa: BLE001 - a mistake of the lab's ends no session, and is nobody's crash
                _log.exception("%s broke down", tool)
                error = f"{tool} broke down: {type(wrong).__name__}: {wrong}"[:LONGEST_ERROR]
            if self._think and tool not in ("wait", "submit"):
                self._course.wait(self._think)
            noted = self._noted(began, text_of(str(tool)[:80]), kept, text, rows, text_of(error))
            if self.ended:
                self._let_journal_go()
            return noted

    def actions(self) -> tuple[ActionRecord, ...]:
        """Return what the guard did for this session."""
        folder = self._course.world.state_folder / "journal"
        latest = {each.record.id: each.record for each in journal.read(folder)}
        return tuple(latest.values())

    @property
    def cost(self) -> Cost:
        """What the actor spent so far."""
        until = self.closed_at or self.now()
        size = sum(each.bytes for each in self.calls)
        return Cost(len(self.calls), until - self.brief.began, self.tokens, self.money, size)

    def account_for(self, thoughts: Sequence[Thought], tokens: int, money: float) -> None:
        """Put on record what a language model said besides, and what it cost [1, USD]."""
        self.thoughts = tuple(replace(each, text=text_of(each.text)) for each in thoughts)
        self.tokens, self.money = tokens, money

    def _perform(self, tool: str, given: dict[str, Any]) -> Answer:
        own: Mapping[str, Callable[[dict[str, Any]], Answer]] = {
            "wait": self._wait,
            "alerts": self._alerts,
            "check_answers": self._check_answers,
            "submit": self._submit,
            "exec_shell": self._exec_shell,
        }
        if tool in own:
            return own[tool](given)
        if tool in action:
            return self._act(Action(tool, given.pop("target"), given, "asked for in the session"))
        found = getattr(self._reader, tool)(**given)
        return found.note, found.rows

    def _wait(self, given: dict[str, Any]) -> Answer:
        seconds = given["seconds"]
        if not (math.isfinite(seconds) and seconds >= 0):
            raise UsageError(f"wait {seconds} s", hint="a number of seconds from 0")
        self._course.pause(min(seconds, self.left))
        return f"{self.left:.0f} s are left", ()

    def _alerts(self, given: dict[str, Any]) -> Answer:
        reading = self._course.complete(self._eyes.look())
        rows = [_row(each) for each in reading.symptoms]
        return {"healthy": "no alert", "burning": "", "blind": "no telemetry arrives"}[reading.state], rows

    def _check_answers(self, given: dict[str, Any]) -> Answer:
        seconds, left = answers.length(self._course, given), self.left
        work = answers.asked(self._course, min(seconds, left), turn=len(self.calls) + 1)
        text, rows = self._course.complete(work)
        return (f"{text}; asked for {left:.0f} s, which was all that is left" if left < seconds else text), rows

    def _exec_shell(self, given: dict[str, Any]) -> Answer:
        if isinstance(self._shell, str):
            raise UsageError("no shell is offered here", hint=self._shell)
        said = self._shell.run(given["command"], min(given.get("seconds", USUAL), max(self.left, 1.0)))
        return f"{said.text.rstrip()}\n({said.ended})".lstrip(), ()

    def _submit(self, given: dict[str, Any]) -> Answer:
        final = bool(given.pop("final", False))
        said = self.claiming.claim(given, self.now())
        unknown = claiming.unknown(given, self.brief.mechanisms, self._course.world.topology())
        if final:
            self.end("submitted")
        return "; ".join((said, *unknown)), ()

    def _act(self, wanted: Action) -> Answer:
        record = self._course.complete(self._guarded(wanted))
        return sentence(record), ({"id": record.id, "outcome": record.outcome, "dry_run": record.dry_run},)

    async def _guarded(self, wanted: Action) -> ActionRecord:
        if self._journal is None:
            self._journal = Journal(self._course.world.state_folder / "journal")
        reading = await self._eyes.look()
        world, watch = self._course.world, self._eyes.watch
        looking = asyncio.ensure_future(self._eyes.look_on())
        try:
            health = ObjectiveHealth(watch, world.clock, reading.symptoms)
            return await Guard(world, self._journal, world.clock).carry_out(INCIDENT, wanted, health)
        finally:
            looking.cancel()

    def _noted(
        self,
        began: float,
        tool: str,
        arguments: Mapping[str, object],
        text: str,
        rows: Sequence[Mapping[str, object]],
        error: str,
    ) -> ToolResult:
        took = self.now() - began
        size = len(text) + len(json.dumps(list(rows), default=str)) if rows else len(text)
        self.calls.append(Called(began, tool, arguments, took, error, size, len(rows)))
        if len(self.calls) >= self.brief.calls:
            self.end("budget")
        return ToolResult(text, tuple(rows), error, took, self.closed)


def _row(record: object) -> Mapping[str, object]:
    found = plain(record)
    assert isinstance(found, dict)
    return found
