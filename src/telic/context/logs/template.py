"""A template: the constant text of a kind of log line with ``<*>`` where values stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass

from telic.context.logs.masking import MARK, VARIABLE
from telic.context.logs.tokens import places

TemplateId = int


@dataclass(frozen=True)
class Template:
    """A kind of log line.

    Parameters
    ----------
    id
        Its number within its miner; stays while the template is refined.
    text
        Constant text with ``<*>`` where values stand.
    count
        Lines mined.
    example
        One line as the mask left it, values shown as ``<*>``.
    """

    id: TemplateId
    text: str
    count: int
    example: str

    @property
    def key(self) -> str:
        """The same for the same text in every miner and process: 16 hexadecimal digits."""
        return hashlib.blake2b(self.text.encode(), digest_size=8).hexdigest()

    @property
    def constants(self) -> tuple[str, ...]:
        """The literal parts of the text, blanks stripped, in order."""
        return tuple(part for each in self.text.split(VARIABLE) if (part := each.strip()))


def text_of(pattern: str, variable: Container[int], most: int) -> str:
    """Return `pattern` with ``<*>`` for its marks and for the tokens at `variable`.

    Parameters
    ----------
    pattern
        A masked line.
    variable
        Columns of its row (see `tokens`) that vary.
    most
        Tokens of a row; what is beyond is one value.
    """
    parts: list[str] = []
    end = 0
    for column, (start, stop) in enumerate(places(pattern)):
        if column == most:
            parts.append(pattern[end:start] + VARIABLE)
            end = len(pattern)
            break
        if column in variable:
            parts.append(pattern[end:start] + VARIABLE)
            end = stop
    parts.append(pattern[end:])
    return _NEIGHBOURS.sub(VARIABLE, "".join(parts).replace(MARK, VARIABLE))


_NEIGHBOURS = re.compile(r"<\*>(?:<\*>)+")
