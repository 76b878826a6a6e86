"""A language model whose tokens are counted, priced and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telic.errors import TelicError, UsageError
from telic.llm.chat import Chat, Function, Message, Reply, Usage

MILLION = 1e6  # prices are for so many tokens [1]


class Spent(TelicError):
    """The tokens that were granted are used up."""


@dataclass(frozen=True)
class Price:
    """What a million tokens cost [USD]: those that are read, and those that are written."""

    read: float = 0.0
    wrote: float = 0.0

    @classmethod
    def of(cls, text: str) -> Price:
        """Read ``READ/WROTE``; "" costs nothing.

        Raises
        ------
        UsageError
            It is no pair of numbers from 0.

        Examples
        --------
        >>> Price.of("0.25/2").of_usage(Usage(1_000_000, 500_000))
        1.25
        """
        try:
            read, wrote = (float(each) for each in text.split("/")) if text else (0.0, 0.0)
            if not (0 <= read < float("inf") and 0 <= wrote < float("inf")):
                raise ValueError
        except ValueError as error:
            hint = "USD for a million tokens read and for a million written: 0.25/2"
            raise UsageError(f"{text!r} is no price of a model", hint=hint) from error
        return cls(read, wrote)

    def of_usage(self, usage: Usage) -> float:
        """Return what tokens cost [USD]."""
        return (self.read * usage.read + self.wrote * usage.wrote) / MILLION


class Metered:
    """Implements `Chat`.

    Parameters
    ----------
    chat
        Who is asked.
    most
        Tokens that it may use in all [1].
    price
        What they cost.

    Attributes
    ----------
    usage
        What was used so far.
    """

    def __init__(self, chat: Chat, *, most: int, price: Price | None = None) -> None:
        self._chat, self._most, self._price = chat, most, price or Price()
        self.usage = Usage()

    @property
    def money(self) -> float:
        """What was spent so far [USD]."""
        return self._price.of_usage(self.usage)

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        """Return the next turn.

        Raises
        ------
        Spent
            As many tokens were used as may be, or more; the model is not asked.
        """
        if self.usage.tokens >= self._most:
            said = f"{self.usage.tokens:,} tokens are used, where {self._most:,} were granted"
            raise Spent(said, hint="grant more, or ask for less")
        reply = self._chat.ask(messages, functions)
        self.usage += reply.usage
        return reply
