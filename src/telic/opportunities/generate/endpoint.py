"""A language model behind the HTTP interface that most servers of models share (``POST /chat/completions``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from telic.errors import SourceFailed, UsageError
from telic.telemetry.sources.card import Exhausted, Limit
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.visit import Visit

ANSWER_MAX = 1 << 20  # of an answer [bytes]
TEMPERATURE = 0.2  # low: the same schema should give about the same questions [1]


class Message(msgspec.Struct):
    """What was said."""

    content: str = ""


class Choice(msgspec.Struct):
    """One answer."""

    message: Message


class Completion(msgspec.Struct):
    """What the server answers; https://platform.openai.com/docs/api-reference/chat."""

    choices: list[Choice]


@dataclass(frozen=True)
class Endpoint:
    """A model of `telic.opportunities.generate.prompt`.

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

    def __call__(self, text: str) -> str:
        """Return the answer to a prompt.

        Raises
        ------
        SourceFailed
            The server does not answer, refuses, or answers something else.
        """
        asked = {
            "model": self.name,
            "temperature": TEMPERATURE,
            "messages": [{"role": "user", "content": text}],
        }
        place = Place.of("language model", self.url, self._headers())
        limit = Limit(seconds=self.seconds, bytes=ANSWER_MAX)
        try:
            with Visit(place, limit) as visit:
                found = visit.post("/chat/completions", (), asked, Completion)
        except Exhausted as error:
            raise SourceFailed(str(error), hint="a smaller model, or none: leave --model out") from error
        return found.choices[0].message.content if found.choices else ""

    def _headers(self) -> Mapping[str, str]:
        if not self.key:
            return {}
        value = os.environ.get(self.key, "")
        if not value:
            raise UsageError(f"no environment variable {self.key}", hint="name the one that holds the model's key")
        return {"Authorization": f"Bearer {value}"}
