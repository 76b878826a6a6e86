"""Lines of code that a diagnosis leads to: where the blamed service fails, who wrote that, what prints its messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from telic.context.logs.exceptions import find
from telic.context.logs.stack import Failure, Frame, failures
from telic.errors import SourceFailed, TelicError
from telic.model import Diagnosis, Window
from telic.model.account import CodeLine
from telic.model.redaction import redact
from telic.operate.diagnosis.printed import printed_again, printed_lines
from telic.telemetry.sources.blame import Lines, Written
from telic.worlds.recorded import Recording

_LINES = 20_000  # of a log that are searched for stack traces [1]
_FAILURES = 3  # that are followed into the code [1]
_FRAMES = 40  # of a trace, from where it failed, that are looked for [1]


def code_folder(recording: Recording, given: Path | None) -> Path | None:
    """Return the code to look into: the one `given`, else the incident's ``code`` if there is one."""
    if given is not None:
        return given
    own = recording.folder / "code"
    return own if own.is_dir() else None


def code_lines(recording: Recording, diagnosis: Diagnosis, given: Path | None) -> tuple[CodeLine, ...]:
    """Return the lines at which what is blamed fails, and those that print what it logs more often than before.

    Parameters
    ----------
    given
        The code, with or without a history; default: the incident's ``code``, if there is one.

    Raises
    ------
    SourceFailed
        A repository that git cannot read.
    UsageError
        `given` is no folder.
    """
    folder = code_folder(recording, given)
    if folder is None:
        return ()
    kept = (folder / ".git").exists() or (given is not None and _readable(folder))
    failing = written_lines(recording, diagnosis, folder) if kept else ()
    known = {(each.path, each.line) for each in failing}
    printing = [each for each in printed_lines(recording, diagnosis, folder) if (each.path, each.line) not in known]
    code = Lines(folder, until=recording.window.end) if kept else None
    return (*failing, *(_dated(each, code) for each in printing))


def _readable(folder: Path) -> bool:
    """Whether `folder` is a repository, or lies in one."""
    try:
        return bool(Lines(folder).revision)
    except SourceFailed:
        return False


def _dated(line: CodeLine, code: Lines | None) -> CodeLine:
    """Return the line with its commit, if it read the same when the incident ended."""
    written = code.written(line.path, line.line) if code else None
    if written is None or written.text != line.text:
        return line
    commit, author, summary = written.commit, written.author, written.summary
    return replace(line, commit=commit, author=author, time=written.time, summary=summary, hunk=written.hunk)


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
    give the line the same text and commit. A line that prints must still print what the entity logs in the window.

    Raises
    ------
    SourceFailed
        No repository, or git cannot read it.
    """
    if told.prints and (different := printed_again(recording, told, folder)):
        return different
    if told.prints and not told.commit:
        return ""
    code = Lines(folder, until=recording.window.end)
    written = code.written(told.path, told.line)
    if written is None:
        return f"{told.path} has no line {told.line} at the incident's end"
    if (written.commit, redact(written.text)) != (told.commit, told.text):
        return f"{told.path}:{told.line} comes from {written.commit[:12]}: {written.text.strip()[:120]}"
    if told.prints:
        return ""
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
    >>> described([CodeLine("cart", "pay.py", 9, "", "", "", 0.0, "", "", "no card <*>", prints=True)])
    ['pay.py:9 prints what cart logs: no card <*>']
    """
    return [
        f"{each.path}:{each.line} "
        + (f"prints what {each.entity} logs: {each.failure}" if each.prints else f"({each.failure})")
        + ("; it" if each.prints and each.commit else "")
        + (f" was written in {each.commit[:12]} by {each.author}: {each.summary}" if each.commit else "")
        for each in lines
    ]
