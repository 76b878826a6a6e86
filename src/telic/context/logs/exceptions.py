"""Exceptions and stack traces in log lines: Java, Python, Go, Node, C#."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telic.context.logs.stack import Frame, Language, Trace

FRAMES, LINE = 256, 2_000
"""Frames kept of a trace, and characters looked at of a line."""

_NAME = r"(?:[A-Za-z_][\w$]*\.)*[A-Za-z_][\w$]*"
_HEAD = re.compile(
    rf"(?P<kind>{_NAME}(?:Exception|Error|Throwable|Fault|Failure|Interrupt|Exit)\w*)(?::\s*(?P<message>.*))?$"
)
_CAUSE = re.compile(r"^\s*(?:Caused by|Suppressed): |^\s*---> |^\s*\[cause\]: ")
_JAVA = re.compile(
    r"^\s*at (?:[\w.\-]+/)?(?P<function>[\w.$<>/]+)\((?P<file>[^():]*)(?::(?P<line>\d+))?\)\s*(?:~?\[.*\])?$"
)
_NODE = re.compile(
    r"^\s*at (?:async )?(?:(?P<function>.+?) \()?(?P<file>(?:file://|node:|/|[A-Za-z]:\\|\.{0,2}/|<anonymous>)?[^():\s]*):(?P<line>\d+):\d+\)?$"
)
_CSHARP = re.compile(r"^\s*at (?P<function>[\w.<>`+\[\],|]+\(.*?\))(?: in (?P<file>.+?):line (?P<line>\d+))?$")
_INNER = "---> "
_MORE = re.compile(r"^\s*\.\.\. \d+ (?:more|common frames omitted)|^\s*--- End of ")
_PYTHON = re.compile(r'^\s*(?:\|\s*)?File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_PANIC = re.compile(r"(?P<kind>panic|fatal error): (?P<message>.*)$")
_GO_FUNCTION = re.compile(
    r"^(?:created by )?(?P<function>[\w./\-*()$\[\]]+(?:\.[\w*()$\[\]\-]+)+?)(?:\(.*\)| in goroutine \d+)?$"
)
_GO_PLACE = re.compile(r"^\s+(?P<file>\S+\.(?:go|s)):(?P<line>\d+)(?: \+0x[0-9a-f]+)?$")

_CONTINUES = (" at ", "\tat ", 'File "', "Caused by: ", " more", "Traceback (")
_PREFIXED = re.compile(  # a time, and whatever a logger adds to it, before a line that only stands within a trace
    r"((?=.{0,80}\d\d:\d\d:\d\d)\S.{6,120}?)"
    r"(?=\s+(?:at [\w.$<>/]+\(|File \"[^\"]+\", line \d|Caused by: |\.\.\. \d+ more|Traceback \(most recent))"
)


@dataclass(frozen=True)
class Found:
    """A trace among lines: from `start` up to, not including, `stop`."""

    start: int
    stop: int
    trace: Trace


def find(lines: Sequence[str]) -> list[Found]:
    """Return the traces in `lines`, which one process printed in this order; a record may hold several lines."""
    numbered = [(at, line[:LINE].rstrip()) for at, record in enumerate(lines) for line in record.split("\n")]
    text = _bare([line for _, line in numbered])
    found: list[Found] = []
    at = free = 0
    while at < len(text):
        parsed = _parse(text, at, free)
        if parsed is None:
            at += 1
            continue
        start, stop, trace = parsed
        found.append(Found(numbered[start][0], numbered[stop - 1][0] + 1, trace))
        at = free = max(stop, at + 1)
    return found


def records(lines: Sequence[str]) -> list[str]:
    """Return `lines` with the lines of each trace joined to the one that begins it: one record is one event."""
    joined: list[str] = []
    done = 0
    for each in find(lines):
        joined += lines[done : each.start]
        joined.append("\n".join(lines[each.start : each.stop]))
        done = each.stop
    return [*joined, *lines[done:]]


def _bare(text: list[str]) -> list[str]:
    """Lines without the time and level that some loggers put before every line of a trace."""
    prefixes = {
        (len(found.group(1)), _shape(found.group(1)))
        for line in text
        if any(each in line for each in _CONTINUES) and (found := _PREFIXED.match(line))
    }
    if not prefixes:
        return text
    return [_without(line, prefixes) for line in text]


def _without(line: str, prefixes: set[tuple[int, str]]) -> str:
    for size, shape in prefixes:
        if _shape(line[:size]) == shape:
            return line[size:].removeprefix(" ")
    return line


def _shape(prefix: str) -> str:
    return re.sub(r"\d", "0", prefix)


def _parse(text: Sequence[str], at: int, free: int) -> tuple[int, int, Trace] | None:
    line = text[at]
    if _TRACEBACK in line:
        return _python(text, at)
    if (panic := _PANIC.search(line)) is not None:
        return _go(text, at, panic)
    if at + 1 < len(text) and text[at + 1].lstrip().startswith(("at ", "--- ")) and _frame(text[at + 1]):
        return _at(text, at, free)
    return None


def _at(text: Sequence[str], at: int, free: int) -> tuple[int, int, Trace] | None:
    """Read a trace of Java, Node or C#: a head, not before line `free`, then lines that begin with ``at``."""
    start = next((up for up in range(at, max(at - 4, free - 1), -1) if _HEAD.search(text[up])), at)
    if start > free and text[start].lstrip().startswith(_INNER):
        return _nested(text, start)
    language, blocks = _language(text, at + 1), []
    head, stop = text[start], at + 1
    while True:
        frames: list[Frame] = []
        while stop < len(text) and (_MORE.match(text[stop]) or (frame := _frame(text[stop])) is not None):
            if not _MORE.match(text[stop]) and len(frames) < FRAMES and frame is not None:
                frames.append(frame)
            stop += 1
        blocks.append((*_said(head), tuple(frames)))
        if stop >= len(text) or not _CAUSE.match(text[stop]):
            break
        head, stop = text[stop], stop + 1
    trace: Trace | None = None
    for kind, message, calls in reversed(blocks[:16]):
        trace = Trace(language, kind, message, calls, trace)
    return (start, stop, trace) if trace is not None else None


def _nested(text: Sequence[str], at: int) -> tuple[int, int, Trace]:
    """Read a trace of C# with an inner exception, whose calls come first."""
    inner: list[Frame] = []
    outer: list[Frame] = []
    calls, stop = inner, at + 1
    while stop < len(text) and (_MORE.match(text[stop]) or (frame := _frame(text[stop])) is not None):
        if _MORE.match(text[stop]):
            calls = outer
        elif frame is not None and len(calls) < FRAMES:
            calls.append(frame)
        stop += 1
    cause = Trace("csharp", *_said(text[at]), tuple(inner))
    return at - 1, stop, Trace("csharp", *_said(text[at - 1]), tuple(outer), cause)


def _said(head: str) -> tuple[str, str]:
    found = _HEAD.search(_CAUSE.sub("", head))
    return (found.group("kind"), (found.group("message") or "").strip()) if found else ("", head.strip())


def _frame(line: str) -> Frame | None:
    found = _JAVA.match(line) or _NODE.match(line) or _CSHARP.match(line)
    return _as_frame(found) if found else None


def _as_frame(found: re.Match[str]) -> Frame:
    groups = found.groupdict()
    return Frame(groups.get("function") or "", groups.get("file") or "", int(groups.get("line") or 0))


def _language(text: Sequence[str], at: int) -> Language:
    line = text[at]
    if _JAVA.match(line):
        return "java"
    return "node" if _NODE.match(line) else "csharp"


def _python(text: Sequence[str], at: int) -> tuple[int, int, Trace] | None:
    """Read tracebacks that follow from one another; Python prints the cause first and the failing call last."""
    start, trace = at, None
    while True:
        frames: list[Frame] = []
        at += 1
        while at < len(text) and (text[at][:1] in (" ", "\t", "|", "") or _PYTHON.match(text[at])):
            if (found := _PYTHON.match(text[at])) is not None:
                frames.append(_as_frame(found))
            elif not text[at]:
                break
            at += 1
        kind, message = "", ""
        if at < len(text) and text[at]:
            kind, _, message = text[at].partition(": ")
            at += 1
        trace = Trace("python", kind.strip(), message.strip(), tuple(reversed(frames))[:FRAMES], trace)
        chained = next((up for up in range(at, min(at + 3, len(text))) if text[up].startswith(_CHAINED)), None)
        following = None if chained is None else _next_traceback(text, chained)
        if following is None:
            return start, at, trace
        at = following


def _next_traceback(text: Sequence[str], at: int) -> int | None:
    return next((up for up in range(at, min(at + 4, len(text))) if _TRACEBACK in text[up]), None)


def _go(text: Sequence[str], at: int, panic: re.Match[str]) -> tuple[int, int, Trace]:
    """Read a panic: its message, and the calls of the first goroutine, which is the one that failed."""
    frames: list[Frame] = []
    goroutines, stop = 0, at + 1
    while stop < len(text):
        line = text[stop]
        following = text[stop + 1] if stop + 1 < len(text) else ""
        place = _GO_PLACE.match(following)
        called = _GO_FUNCTION.match(line) if place else None
        if line.startswith("goroutine "):
            goroutines += 1
        elif called is not None and place is not None:
            if goroutines <= 1 and len(frames) < FRAMES and not called.group("function").startswith("panic"):
                frames.append(Frame(called.group("function"), place.group("file"), int(place.group("line"))))
            stop += 1
        elif line and not line.startswith(("[signal", "\t", "exit status", "panic: ", "...")):
            break
        stop += 1
    while stop > at + 1 and not text[stop - 1]:
        stop -= 1
    return at, stop, Trace("go", panic.group("kind"), panic.group("message").strip(), tuple(frames))
