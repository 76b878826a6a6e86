"""What is said to a language model and what it says: messages, functions that it may call, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Call:
    """A function that the model wants to be called.

    Attributes
    ----------
    id
        The model's, for the answer to refer to.
    arguments
        A JSON object as the model wrote it: untrusted text.
    """

    id: str
    function: str
    arguments: str = "{}"


@dataclass(frozen=True)
class Message:
    """One turn.

    Attributes
    ----------
    calls
        Of an assistant's turn.
    answers
        Of a tool's turn: the id of the call that it answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[Call, ...] = ()
    answers: str = ""


@dataclass(frozen=True)
class Function:
    """What the model may call; `parameters` is a JSON schema of type ``object``."""

    name: str
    doc: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Usage:
    """Tokens that the model read and wrote [1], as its server counts them."""

    read: int = 0
    wrote: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.read + other.read, self.wrote + other.wrote)

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.read + self.wrote


@dataclass(frozen=True)
class Reply:
    """What the model said."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: Usage = Usage()


class Chat(Protocol):
    """A language model that is asked turn by turn; it remembers nothing between two questions."""

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        """Return the next turn of a conversation.

        Raises
        ------
        SourceFailed
            The model's server does not answer, refuses, or answers something else.
        """
        ...
