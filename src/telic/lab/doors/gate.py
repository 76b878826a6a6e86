"""What every door lets in: bounded size, bounded rate, one call at a time; what it turns away is on record."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from telic.lab.session.session import Session, ToolResult
from telic.lab.session.standby import PREFIX

UNREADABLE: Final = "unreadable"  # the name under which the record keeps what no door could read
TURNED_AWAY: Final = "turned-away"  # and under which it keeps that requests were refused unread
PLACE: Final = "/srv"  # where a system runs, as actors see it
SHELL: Final = "exec_shell"  # sees the system at `PLACE` itself
_IN_PLACE = re.compile(rf"{PLACE}/[^\0]*$")
_PLACE = re.compile(rf"[^\s\"'(]*/{re.escape(PREFIX)}[^/\s\"')]*")
NAME: Final = 80  # characters of a tool's name that are passed on [1]


@dataclass(frozen=True)
class Limits:
    """How much one actor may send."""

    bytes: int = 64 * 1024  # of one request [bytes]
    rate: float = 50.0  # requests that are let in for long [1/s of the machine's clock]
    burst: int = 100  # and at once [1]
    waiting: int = 8  # calls that wait for their turn [1]


class Unreadable(ValueError):
    """Something that is no call."""


class Gate:
    """Stands between an actor's requests and its session.

    What cannot be read costs a call, as a call of a tool called ``unreadable``; what is refused unread, since it came
    too fast, is noted before the next call, as one call of ``turned-away`` with its number.

    Parameters
    ----------
    session
        Is called from whatever thread a request comes on, one at a time.
    """

    def __init__(
        self, session: Session, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.session, self.limits = session, limits or Limits()
        self._clock = clock
        self._one = threading.Lock()
        self._count = threading.Lock()
        self._place = ""  # what stands as `PLACE` in answers, once one had it
        self._tokens, self._filled = float(self.limits.burst), clock()
        self._waiting = 0
        self._refused = 0

    def admit(self) -> bool:
        """Whether one more request is let in now."""
        with self._count:
            now = self._clock()
            self._tokens = min(self.limits.burst, self._tokens + (now - self._filled) * self.limits.rate)
            self._filled = now
            if self._tokens < 1 or self._waiting >= self.limits.waiting:
                self._refused += 1
                return False
            self._tokens -= 1
            return True

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Call a tool when it is this call's turn."""
        return self._in_turn(tool[:NAME], arguments)

    def unreadable(self, why: str) -> ToolResult:
        """Put on record that something came that is no call; return what to answer."""
        noted = self._in_turn(UNREADABLE, {"why": why})
        return ToolResult(error=noted.error if noted.closed else why, seconds=noted.seconds, closed=noted.closed)

    def settle(self) -> None:
        """Put on record what was refused and not noted yet."""
        with self._one:
            self._note_refused()

    def _in_turn(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        with self._count:
            self._waiting += 1
        try:
            with self._one:
                self._note_refused()
                found = self.session.call(tool, arguments if tool == SHELL else self._meant(arguments))
                self._place = self._place or _place_of((found.text, found.error, found.rows))
                return neutral(found)
        finally:
            with self._count:
                self._waiting -= 1

    def _meant(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Return arguments in which a path that an answer gave is the one that it stands for."""
        if not self._place:
            return arguments
        return {
            name: self._place + each.removeprefix(PLACE) if isinstance(each, str) and _IN_PLACE.match(each) else each
            for name, each in arguments.items()
        }

    def _note_refused(self) -> None:
        with self._count:
            refused, self._refused = self._refused, 0
        if refused:
            self.session.call(TURNED_AWAY, {"requests": refused})


def neutral(result: ToolResult) -> ToolResult:
    """Return a result in which no path of the lab's own folders stands; stack traces have such paths.

    Examples
    --------
    >>> neutral(ToolResult("File /tmp/telic-lab-12-ab/systems/hotel/store.py, line 3")).text
    'File /srv/systems/hotel/store.py, line 3'
    """
    rows: Any = _without_paths(result.rows)
    return replace(result, text=_PLACE.sub(PLACE, result.text), error=_PLACE.sub(PLACE, result.error), rows=rows)


def _without_paths(value: object) -> object:
    if isinstance(value, str):
        return _PLACE.sub(PLACE, value) if PREFIX in value else value
    if isinstance(value, Mapping):
        return {name: _without_paths(each) for name, each in value.items()}
    return [_without_paths(each) for each in value] if isinstance(value, list | tuple) else value


def _place_of(value: object) -> str:
    """Return the first path of the lab's own that stands somewhere in a value; empty where none does."""
    if isinstance(value, str):
        found = _PLACE.search(value) if PREFIX in value else None
        return found.group() if found else ""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    inner = (_place_of(each) for each in value) if isinstance(value, list | tuple) else ()
    return next((each for each in inner if each), "")


def arguments(body: bytes, limits: Limits) -> dict[str, object]:
    """Read the arguments of a call: one JSON object; nothing means no arguments.

    Raises
    ------
    Unreadable
        It is too large, no JSON, no object, or nested too deeply.

    Examples
    --------
    >>> arguments(b'{"seconds": 2}', Limits())
    {'seconds': 2}
    >>> arguments(b'[2]', Limits())
    Traceback (most recent call last):
    telic.lab.doors.gate.Unreadable: arguments have to be a JSON object, and this is a list
    """
    if len(body) > limits.bytes:
        raise Unreadable(f"{len(body)} bytes of arguments where at most {limits.bytes} are read")
    if not body.strip():
        return {}
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"arguments have to be a JSON object: {error}"[:300]) from error
    if not isinstance(found, dict):
        raise Unreadable(f"arguments have to be a JSON object, and this is a {type(found).__name__}")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
