"""Replies that are kept: the same question again is answered from a file, with the model or without it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from telic.errors import InvalidRecord, SourceFailed
from telic.llm.chat import Chat, Function, Message, Reply


class _Line(msgspec.Struct):
    """One line of the file."""

    question: str
    reply: Reply


class Recorded:
    """Implements `Chat`.

    Parameters
    ----------
    path
        JSON lines, one a reply; made where it is missing.
    chat
        Who is asked what the file does not answer; without one that is an error.
    name
        Of the model: another model's replies do not answer.

    Raises
    ------
    InvalidRecord
        A line of the file is no reply.
    """

    def __init__(self, path: Path, chat: Chat | None = None, *, name: str = "") -> None:
        self._path, self._chat, self._name = path, chat, name
        self._known: dict[str, Reply] = {}
        for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else (), start=1):
            try:
                kept = msgspec.json.decode(line, type=_Line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise InvalidRecord(f"{path}:{number}: no reply: {error}", hint="take the line out") from error
            self._known[kept.question] = kept.reply

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        """Return the reply that was given before, else that of the model, which is kept.

        Raises
        ------
        SourceFailed
            Nobody answered this before, and there is no model to ask.
        """
        question = self._digest(messages, functions)
        if question not in self._known:
            if self._chat is None:
                raise SourceFailed(f"{self._path} has no reply to this", hint="name a model to ask, or the right file")
            reply = self._chat.ask(messages, functions)
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(_Line(question, reply)) + b"\n")
            self._known[question] = reply
        return self._known[question]

    def _digest(self, messages: Sequence[Message], functions: Sequence[Function]) -> str:
        asked = msgspec.json.encode([self._name, list(messages), list(functions)], order="deterministic")
        return hashlib.sha256(asked).hexdigest()
