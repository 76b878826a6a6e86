"""A language model behind the HTTP interface that most servers of models share (``POST /chat/completions``)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from telic.errors import SourceFailed, UsageError
from telic.llm.chat import Call, Function, Message, Reply, Usage
from telic.model.redaction import redact
from telic.telemetry.sources.card import Exhausted, Limit
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.visit import Visit

ANSWER_MAX = 1 << 20  # of an answer [bytes]
TEMPERATURE = 0.2  # low: the same question should get about the same answer [1]
PER_TOKEN = 4  # characters, where the server counts no tokens [1]


class _Function(msgspec.Struct):
    name: str = ""
    arguments: str = "{}"


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _Message(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    """What the server answers; https://platform.openai.com/docs/api-reference/chat."""

    choices: list[_Choice]
    usage: _Usage | None = None


@dataclass(frozen=True)
class Endpoint:
    """A model that a server offers; implements `Chat`.

    Parameters
    ----------
    url
        Base of the interface: ``http://127.0.0.1:11434/v1``.
    name
        Which model is asked.
    key
        Name of the environment variable that holds the key; "" for none.
    seconds
        For one answer [s]; a small model on a busy machine reads slowly.
    """

    url: str
    name: str
    key: str = ""
    seconds: float = 600.0

    @classmethod
    def of(cls, model: str, key: str = "") -> Endpoint:
        """Read ``URL#NAME``.

        Raises
        ------
        UsageError
            It names no model.

        Examples
        --------
        >>> Endpoint.of("http://127.0.0.1:11434/v1#llama3.2").name
        'llama3.2'
        """
        url, mark, name = model.rpartition("#")
        if not mark or not name:
            raise UsageError(f"{model!r} names no model", hint="URL#NAME: http://127.0.0.1:11434/v1#llama3.2")
        return cls(url, name, key)

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        """Return the next turn; secrets in what is asked are hidden.

        Raises
        ------
        SourceFailed
            The server does not answer, refuses, or answers something else.
        UsageError
            The environment variable with the key is not set.
        """
        asked: dict[str, object] = {
            "model": self.name,
            "temperature": TEMPERATURE,
            "messages": [_written(each) for each in messages],
        }
        if functions:
            asked["tools"] = [_offered(each) for each in functions]
        place = Place.of("language model", self.url, self._headers())
        limit = Limit(seconds=self.seconds, bytes=ANSWER_MAX)
        try:
            with Visit(place, limit) as visit:
                found = visit.post("/chat/completions", (), asked, _Completion)
        except Exhausted as error:
            raise SourceFailed(str(error), hint="a smaller model, a shorter question, or no model") from error
        return _reply(found, len(msgspec.json.encode(asked)))

    def _headers(self) -> Mapping[str, str]:
        if not self.key:
            return {}
        value = os.environ.get(self.key, "")
        if not value:
            raise UsageError(f"no environment variable {self.key}", hint="name the one that holds the model's key")
        return {"Authorization": f"Bearer {value}"}


def _written(message: Message) -> dict[str, object]:
    made: dict[str, object] = {"role": message.role, "content": redact(message.text)}
    if message.calls:
        made["tool_calls"] = [
            {
                "id": each.id,
                "type": "function",
                "function": {"name": each.function, "arguments": redact(each.arguments)},
            }
            for each in message.calls
        ]
    if message.answers:
        made["tool_call_id"] = message.answers
    return made


def _offered(function: Function) -> dict[str, object]:
    told = {"name": function.name, "description": function.doc, "parameters": function.parameters}
    return {"type": "function", "function": told}


def _reply(found: _Completion, asked: int) -> Reply:
    said = found.choices[0].message if found.choices else _Message()
    text = said.content or ""
    calls = tuple(
        Call(each.id or f"call-{number}", each.function.name, each.function.arguments)
        for number, each in enumerate(said.tool_calls or (), start=1)
    )
    if found.usage is not None:
        return Reply(text, calls, Usage(found.usage.prompt_tokens, found.usage.completion_tokens))
    wrote = len(text) + sum(len(each.arguments) for each in calls)
    return Reply(text, calls, Usage(asked // PER_TOKEN, wrote // PER_TOKEN))
