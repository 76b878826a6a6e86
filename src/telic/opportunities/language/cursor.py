"""A reader's place among tokens: what comes next, and errors about it."""

from __future__ import annotations

from telic.opportunities.language.place import Extent, InvalidQuestion, Written
from telic.opportunities.language.tokens import Token, duration, tokens, unit_of

MAX_DEPTH = 40
"""Deepest nesting of brackets [1]."""


class Cursor:
    """Walks over the tokens of a text."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self._tokens = tokens(written)
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def ahead(self, count: int = 1) -> Token:
        """Return the token `count` after the next."""
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Go over the next token and return it."""
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def since(self, start: int) -> Extent:
        """Return the extent from `start` to the end of the token taken last."""
        return start, self._tokens[max(self._at - 1, 0)].extent[1]

    def sees(self, *words: str) -> bool:
        """Whether these words or marks come next, in this order."""
        return all(
            token.kind in ("word", "mark") and token.text == word
            for token, word in zip(self._tokens[self._at :], words, strict=False)
        ) and self._at + len(words) < len(self._tokens)

    def accept(self, *words: str) -> bool:
        """Go over these words where they come next."""
        if not self.sees(*words):
            return False
        self._at += len(words)
        return True

    def expect(self, word: str, *, hint: str = "") -> None:
        """Go over `word`; it has to come next."""
        if not self.accept(word):
            raise self.wrong(f"{word!r} is expected here", hint=hint)

    def wrong(self, message: str, *, hint: str = "") -> InvalidQuestion:
        """Return an error about the next token."""
        found = "the text ends here" if self.next.kind == "end" else f"not {self._said()}"
        return self.written.mistake(f"{message}, {found}", self.next.extent, hint=hint)

    def _said(self) -> str:
        start, end = self.next.extent
        said = self.written.text[start:end]
        return said if len(said) <= 40 else f"{said[:37]}..."

    def deeper(self) -> None:
        """Count a level of nesting; `higher` takes it back."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.written.mistake(
                "brackets are nested too deeply here", self.next.extent, hint="split the question"
            )

    def higher(self) -> None:
        """Leave a level of nesting."""
        self._depth -= 1

    def whole(self, least: int, example: str) -> int:
        """Go over a whole number of at least `least`."""
        if self.next.kind != "number" or not self.next.text.isdecimal() or len(self.next.text) > 9:
            raise self.wrong("a whole number is expected here", hint=example)
        if int(self.next.text) < least:
            raise self.wrong(f"a number of at least {least} is expected here", hint=example)
        return int(self.take().text)

    def name(self, what: str, example: str) -> str:
        """Go over a word, or a name in backticks or double quotes."""
        if self.next.kind not in ("word", "name") and not self.doubly_quoted(self.next.extent):
            raise self.wrong(f"{what} is expected here", hint=example)
        return self.take().text

    def doubly_quoted(self, extent: Extent) -> bool:
        """Whether what begins here stands between double quotes."""
        return self.written.text[extent[0] : extent[0] + 1] == '"'

    def time(self) -> int:
        """Go over a stretch of time above 0 [ns], such as ``10m`` or ``10 minutes``."""
        if not self.at_time():
            raise self.wrong("a time is expected here", hint="such as 30s, 10m or 2h")
        ns = self.stretch()
        if ns <= 0:
            token = self._tokens[self._at - 1]
            raise self.written.mistake("a time above 0 is expected here", token.extent, hint="such as 10m")
        return ns

    def at_time(self) -> bool:
        """Whether a stretch of time comes next."""
        spelled = self.next.kind == "number" and self.ahead().kind == "word" and bool(unit_of(self.ahead().text))
        return self.next.kind == "duration" or spelled

    def stretch(self) -> int:
        """Go over a stretch of time, which has to come next [ns]."""
        token = self.take()
        if token.kind == "duration":
            number = token.text.rstrip("".join(map(chr, range(65, 123))))
            return duration(self.written, number, token.text[len(number) :], token.extent)
        unit = self.take()
        return duration(self.written, token.text, unit.text, (token.extent[0], unit.extent[1]))
