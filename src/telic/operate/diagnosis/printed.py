"""Which lines of code print what a blamed service logs since it is in trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from telic.context.changes import trouble
from telic.context.graph import printed
from telic.context.logs import VARIABLE, Limits, Template
from telic.context.logs.masking import Cleaned, clean
from telic.context.logs.sources import SourceIndex
from telic.context.seen import GRAVE, Seen
from telic.model import Diagnosis
from telic.model.account import CodeLine
from telic.model.redaction import HIDDEN
from telic.operate.diagnosis.causes import look
from telic.worlds.recorded import Recording

_PATTERNS = 3  # of one entity that are followed into the code, the most surprising [1]


def printed_lines(recording: Recording, diagnosis: Diagnosis, folder: Path) -> tuple[CodeLine, ...]:
    """Return the lines of code that print the warnings and errors of the blamed entity, the most surprising first.

    Looked at are messages that it, or else the next on the way to the symptom, logs more often than before. The lines
    have no commit.

    Raises
    ------
    UsageError
        `folder` is no folder.
    """
    code = SourceIndex(folder)
    places = diagnosis.hypotheses[0].path or (diagnosis.hypotheses[0].entity,) if diagnosis.hypotheses else ()
    seen = look(recording, at=diagnosis.window.end)
    for entity in places if len(code) else ():
        found: dict[tuple[str, int], CodeLine] = {}
        for template in _troubled(seen, entity):
            line = printed(code, entity, template)
            if line is not None:
                text = (folder / line.path).read_text(encoding="utf-8", errors="replace").split("\n")[line.line - 1]
                told = CodeLine(entity, line.path, line.line, text, "", "", 0.0, "", "", template.text, prints=True)
                found.setdefault((line.path, line.line), told)
        if found:
            return tuple(found.values())
    return ()


def printed_again(recording: Recording, told: CodeLine, folder: Path) -> str:
    """Return what differs when the log and the code are asked again about a line that prints; "" where nothing does.

    Raises
    ------
    UsageError
        `folder` is no folder.
    """
    form = Template(0, told.failure.replace(HIDDEN, VARIABLE), 0, (), "")
    table = recording.columns("logs", ("entity", "body"), [recording.window])
    bodies = (body for name, body in zip(table["entity"], table["body"], strict=True) if name == told.entity)
    example = next((each for each in map(_cleaned, bodies) if _fits(form, each)), None)
    if example is None:
        return f"{told.entity} logs no such line: {told.failure[:120]}"
    found = SourceIndex(folder).find(Template(0, form.text, 0, (), example))
    same = any((each.path, each.line) == (told.path, told.line) for each in found)
    return "" if same else f"{told.path}:{told.line} does not print it: {told.failure[:120]}"


def _troubled(seen: Seen, entity: str) -> Iterator[Template]:
    """Yield the templates of warnings, errors and troubles that `entity` logs more often than it did."""
    mined = seen.mined(entity)
    louder = [
        each
        for each in mined.rates
        if each.up and (mined.levels[entity, each.attributes].upper() in GRAVE or trouble.in_text(each.signal))
    ]
    for each in louder[:_PATTERNS]:
        yield mined.templates[each.signal]


def _cleaned(body: str) -> str:
    return clean(body, Limits().line, Cleaned())


def _fits(form: Template, line: str) -> bool:
    """Whether the constant parts of a template stand in a line, in order."""
    end = 0
    for part in form.constants:
        at = line.find(part, end)
        if at < 0:
            return False
        end = at + len(part)
    return True
