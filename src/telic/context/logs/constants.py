"""String constants in source files, with the values that are put into them as gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GAP = "\x00"
"""A value within a constant's text."""

_STRING = r"\"(?:\\.|[^\"\\\n])*\""
_SINGLE = r"'(?:\\.|[^'\\\n])*'"
_COMMENT = r"//[^\n]*|/\*.*?\*/"
_LEXERS = {
    "python": re.compile(
        r"(?P<skip>#[^\n]*)|(?P<string>(?:\b[rRbBfFuU]{1,2})?(?:\"\"\".*?\"\"\"|'''.*?'''|"
        + _STRING
        + "|"
        + _SINGLE
        + "))",
        re.DOTALL,
    ),
    "java": re.compile(rf"(?P<skip>{_COMMENT}|'(?:\\.|[^'\\\n])')|(?P<string>\"\"\".*?\"\"\"|{_STRING})", re.DOTALL),
    "go": re.compile(rf"(?P<skip>{_COMMENT}|'(?:\\.|[^'\\\n])')|(?P<string>`[^`]*`|{_STRING})", re.DOTALL),
    "node": re.compile(rf"(?P<skip>{_COMMENT})|(?P<string>`(?:\\.|[^`\\])*`|{_STRING}|{_SINGLE})", re.DOTALL),
    "csharp": re.compile(
        rf"(?P<skip>{_COMMENT}|'(?:\\.|[^'\\\n])')|(?P<string>\$?@\$?\"(?:\"\"|[^\"])*\"|\$?{_STRING})", re.DOTALL
    ),
}
LANGUAGES = {
    ".py": "python", ".java": "java", ".kt": "java", ".scala": "java", ".go": "go", ".js": "node", ".mjs": "node",
    ".cjs": "node", ".jsx": "node", ".ts": "node", ".tsx": "node", ".cs": "csharp",
}  # fmt: skip
_QUOTES = re.compile(r"^(?P<before>[$@rRbBfFuU]*)(?:\"\"\"|'''|[\"'`])(?P<text>.*?)(?:\"\"\"|'''|[\"'`])$", re.DOTALL)
_PRINTF = r"%(?:\([^)]*\))?[-+ #0]*[\d*]*(?:\.[\d*]+)?[hlLqjzt]*[a-zA-Z]"
_BRACES = r"\$?\{[^{}]*\}"
_VALUE = re.compile(rf"{_PRINTF}|{_BRACES}")
_ESCAPED = re.compile(r"\\(?:[ntr]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})")
_CALL = re.compile(
    r"log|klog|zap|console|fmt|print|std(?:err|out)|trace|debug|info|warn|err|fatal|critical|exception|raise|throw|panic"
    r"|write",
    re.IGNORECASE,
)
_BEFORE_CALL = re.compile(r"[;{}=,)\"'`]")
_GLUE = re.compile(r"\s*(?:\+(?P<value>[^;\"'`{}]{1,120})\+|\+)?\s*$", re.DOTALL)


@dataclass(frozen=True)
class Constant:
    """A string in a source file.

    Parameters
    ----------
    line
        Where it begins, from 1.
    text
        With `GAP` for each value that is put into it; neighbours joined by ``+`` are one.
    logged
        Whether what stands before it looks like a call that logs, prints or raises.
    """

    line: int
    text: str
    logged: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """The literal parts, in order."""
        return tuple(part for part in self.text.split(GAP) if part.strip())


def constants(source: str, language: str) -> Iterator[Constant]:
    """Yield the string constants of `source` that hold a letter; comments are no strings."""
    line, counted = 1, 0
    held: Constant | None = None
    end = 0
    for found in _LEXERS[language].finditer(source):
        if found.lastgroup != "string":
            continue
        line += source.count("\n", counted, found.start())
        counted = found.start()
        text = _text(found.group("string"), language)
        glue = _GLUE.match(source[end : found.start()]) if held is not None and found.start() - end <= 160 else None
        if held is not None and glue is not None:
            held = Constant(held.line, held.text + (GAP if glue.group("value") else "") + text, held.logged)
        else:
            if held is not None and any(map(str.isalpha, held.text)):
                yield held
            held = Constant(line, text, _logged(source[max(0, found.start() - 80) : found.start()]))
        end = found.end()
    if held is not None and any(map(str.isalpha, held.text)):
        yield held


def _logged(before: str) -> bool:
    return _CALL.search(_BEFORE_CALL.split(before)[-1]) is not None


def _text(string: str, language: str) -> str:
    found = _QUOTES.match(string)
    text = found.group("text") if found else string
    raw = language == "go" and string.startswith("`")
    text = _VALUE.sub(GAP, text.replace("{{", "{").replace("}}", "}") if language == "csharp" else text)
    return text if raw else _ESCAPED.sub(" ", text).replace("\\", "")
