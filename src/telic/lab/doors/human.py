"""A prompt in the terminal: a person gets the tools, the clock and the budget that every actor gets."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TextIO

from telic.errors import UsageError
from telic.lab.doors.gate import Gate, Limits
from telic.lab.doors.kit.words import card_text, describe, kind, parameters, signature, told
from telic.lab.session.session import Brief, Session, ToolCard

HELP = """A line is a tool and its parameters: get_logs start=-30 end=0 service=search
Times may be given from now: -30 is 30 s ago, +0 or 0 is now. Text with blanks in quotes; lists and objects as JSON.
help          the tools            help TOOL    one of them
brief         what is asked        quit         leave"""
TIMES = frozenset({"start", "end", "onset"})
EARLIEST = 1e8  # times below are meant from now [s]


class Human:
    """An actor that asks a person, line by line.

    Parameters
    ----------
    lines
        What is typed; by default the terminal, with completion of tools and parameters where `readline` is there.
    out
        Where answers go; by default standard output.
    """

    def __init__(self, lines: Iterable[str] | None = None, out: TextIO | None = None) -> None:
        self._lines, self._out = lines, out or sys.stdout

    def run(self, session: Session) -> None:
        """Read lines and carry them out until the session is over or the person leaves."""
        gate = Gate(session, Limits())
        self._say(describe(session.brief) + "\n\n" + HELP)
        for line in typed(session) if self._lines is None else self._lines:
            text = line.strip()
            if text in ("quit", "exit"):
                break
            if text:
                self._say(self._answer(gate, text))
            if session.closed:
                break

    def _answer(self, gate: Gate, text: str) -> str:
        brief = gate.session.brief
        word, _, rest = text.partition(" ")
        if word == "help":
            return _help(brief, rest.strip())
        if word == "brief":
            return describe(brief)
        if len(text) > gate.limits.bytes:
            return told(gate.unreadable(f"a line of more than {gate.limits.bytes} characters"))
        card = {each.name: each for each in brief.tools}.get(word)
        try:
            given = read(rest, card, gate.session.now())
        except UsageError as error:
            return f"error: {error} ({error.hint})"  # a slip of the keyboard costs a person nothing but time
        result = gate.call(word, given)
        passed = gate.session.now() - brief.began
        return f"{told(result)}\n[{passed:.0f} of {brief.seconds:.0f} s]"

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def read(text: str, card: ToolCard | None, now: float) -> dict[str, object]:
    """Read ``name=value`` words as the arguments of a tool.

    Raises
    ------
    UsageError
        A word without ``=``, an open quote, or a value that does not fit its parameter.

    Examples
    --------
    >>> read("service=search limit=5", None, 0.0)
    {'service': 'search', 'limit': 5}
    """
    known = parameters(card) if card else {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r}: {error}", hint="close the quote") from error
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            usage = signature(card) if card else "TOOL name=value ..."
            raise UsageError(f"{word!r} is no name=value", hint=usage)
        found[name] = _value(name, value, kind(known.get(name)), now)
    return found


def _value(name: str, text: str, wanted: str, now: float) -> object:
    if wanted == "string":
        return text
    try:
        value = json.loads(text.removeprefix("+"))
    except (ValueError, RecursionError) as error:
        if wanted == "any":
            return text
        raise UsageError(f"{name}={text[:80]!r} is no {wanted}", hint=f"give a {wanted}") from error
    if name in TIMES and isinstance(value, int | float) and abs(value) < EARLIEST:
        return now + value
    return value


def _help(brief: Brief, name: str) -> str:
    cards = {each.name: each for each in brief.tools}
    if name:
        return card_text(cards[name]) if name in cards else f"no tool {name!r}"
    return "\n".join([HELP, "", *(f"{signature(each)}" for each in brief.tools)])


def typed(session: Session, ask: Callable[[str], str] = input) -> Iterator[str]:
    """Yield what a person types at the terminal, until the end of input."""
    _complete(session.brief)
    while True:
        try:
            yield ask(f"{session.brief.app} {session.now() - session.brief.began:.0f}s> ")
        except EOFError:
            return


def _complete(brief: Brief) -> None:
    try:
        import readline
    except ImportError:
        return  # a Python without it: lines are typed in full
    names = completions(brief)
    readline.set_completer_delims(" ")
    readline.set_completer(lambda text, at: _nth(names, readline.get_line_buffer(), text, at))
    readline.parse_and_bind("tab: complete")


def completions(brief: Brief) -> Mapping[str, tuple[str, ...]]:
    """Return what can be typed: under ``""`` the first words, under a tool its parameters."""
    own = {each.name: tuple(f"{name}=" for name in parameters(each)) for each in brief.tools}
    return {"": tuple(f"{name} " for name in (*own, "help", "brief", "quit")), **own}


def _nth(names: Mapping[str, tuple[str, ...]], line: str, text: str, at: int) -> str | None:
    tool = line.lstrip().partition(" ")[0] if " " in line.lstrip() else ""
    fitting = [each for each in names.get(tool, ()) if each.startswith(text)]
    return fitting[at] if at < len(fitting) else None
