"""Which line of code prints a log pattern of an entity."""

from __future__ import annotations

from telic.context.changes.candidates import owns
from telic.context.logs import Template
from telic.context.logs.sources import SourceIndex, SourceLine


def printed(code: SourceIndex, entity: str, template: Template) -> SourceLine | None:
    """Return the line that most likely prints `template`; of several as likely, one in a file of `entity`'s own."""
    found = code.find(template)
    likeliest = [each for each in found if each.score == found[0].score]
    return next((each for each in likeliest if owns(entity, each.path)), found[0] if found else None)
