"""Who wrote the line at which the blamed service fails: git blame of the first own frame of its stack traces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from telic.context.logs.exceptions import find
from telic.context.logs.stack import Failure, Frame, failures
from telic.errors import TelicError
from telic.model import Diagnosis, Window
from telic.model.account import CodeLine
from telic.model.redaction import redact
from telic.telemetry.sources.blame import Lines, Written
from telic.worlds.recorded import Recording

_LINES = 20_000  # of a log that are searched for stack traces [1]
_FAILURES = 3  # that are followed into the code [1]
_FRAMES = 40  # of a trace, from where it failed, that are looked for [1]


def code_folder(recording: Recording, given: Path | None) -> Path | None:
    """Return the repository to look into: the one `given`, else the incident's ``code`` if it has a history."""
    if given is not None:
        return given
    own = recording.folder / "code"
    return own if (own / ".git").exists() else None


def written_lines(recording: Recording, diagnosis: Diagnosis, folder: Path) -> tuple[CodeLine, ...]:
    """Return where the failing lines come from, the most frequent failure first.

    Looked at are failures that the blamed entity, or another on the way to the symptom, logs in the window, and more
    often than before. Nothing is returned for what is not in the repository.

    Raises
    ------
    SourceFailed
        No repository, or git cannot read it.
    """
    places = diagnosis.hypotheses[0].path or (diagnosis.hypotheses[0].entity,) if diagnosis.hypotheses else ()
    code = Lines(folder, until=recording.window.end)
    found: dict[tuple[str, int], CodeLine] = {}
    for entity in places:
        for failure in _new(recording, entity)[:_FAILURES]:
            line = _own(code, failure.example.root.frames[:_FRAMES])
            if line is not None:
                told = _told(line, entity, failure)
                found.setdefault((told.path, told.line), told)
        if found:
            break
    return tuple(found.values())


def asked_again(recording: Recording, told: CodeLine, folder: Path) -> str:
    """Return what differs when git and the log are asked again about a line of a report; "" where nothing does.

    The entity must still log a failure that is new, says the same and has a frame at this line, and git must still
    give the line the same text and commit.

    Raises
    ------
    SourceFailed
        No repository, or git cannot read it.
    """
    code = Lines(folder, until=recording.window.end)
    written = code.written(told.path, told.line)
    if written is None:
        return f"{told.path} has no line {told.line} at the incident's end"
    if (written.commit, redact(written.text)) != (told.commit, told.text):
        return f"{told.path}:{told.line} comes from {written.commit[:12]}: {written.text.strip()[:120]}"
    for failure in _new(recording, told.entity):
        frames = failure.example.root.frames[:_FRAMES]
        at = (code.find(each.file, each.function) for each in frames if each.line == told.line)
        if redact(_told(written, told.entity, failure).failure) == told.failure and told.path in at:
            return ""
    return f"{told.entity} logs no such failure at {told.path}:{told.line}"


def _new(recording: Recording, entity: str) -> list[Failure]:
    """Failures that `entity` logs in the window and did not log in the baseline."""
    baseline = recording.baseline
    usual = {each.key for each in _failures(recording, entity, baseline)} if baseline else set()
    return [each for each in _failures(recording, entity, recording.window) if each.key not in usual]


def _failures(recording: Recording, entity: str, window: Window) -> list[Failure]:
    table = recording.columns("logs", ("entity", "body"), [window])
    bodies = [body for name, body in zip(table["entity"], table["body"], strict=True) if name == entity][:_LINES]
    return failures(each.trace for each in find(bodies))


def _own(code: Lines, frames: Iterable[Frame]) -> Written | None:
    """The first frame, from where it failed, that is code of the repository."""
    for frame in frames:
        path = code.find(frame.file, frame.function) if frame.line else ""
        if path:
            try:
                return code.written(path, frame.line)
            except TelicError:
                return None
    return None


def _told(line: Written, entity: str, failure: Failure) -> CodeLine:
    root = failure.example.root
    says = f"{root.kind}: {root.message}"[:200]
    return CodeLine(
        entity, line.path, line.line, line.text, line.commit, line.author, line.time, line.summary, line.hunk, says
    )


def described(lines: Sequence[CodeLine]) -> list[str]:
    """Return one sentence for each.

    Examples
    --------
    >>> described([CodeLine("cart", "pay.py", 7, "x = y[0]", "0a1b2c3", "Ada", 0.0, "faster", "", "IndexError: 0")])
    ['pay.py:7 (IndexError: 0) was written in 0a1b2c3 by Ada: faster']
    """
    return [
        f"{each.path}:{each.line} ({each.failure}) was written in {each.commit[:12]} by {each.author}: {each.summary}"
        for each in lines
    ]
