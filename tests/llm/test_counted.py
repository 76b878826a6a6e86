"""Tokens are bounded and priced; replies that are kept need no model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from telic.errors import InvalidRecord, SourceFailed, UsageError
from telic.llm import Call, Function, Message, Metered, Price, Recorded, Reply, Spent, Usage

HELLO = [Message("user", "hello")]


class Counting:
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, messages: Sequence[Message], functions: Sequence[Function] = ()) -> Reply:
        self.asked += 1
        return Reply(f"answer {self.asked}", (Call("c1", "wait", "{}"),), Usage(100, 20))


def test_tokens_are_counted_priced_and_bounded() -> None:
    model = Counting()
    metered = Metered(model, most=200, price=Price(2.0, 10.0))
    metered.ask(HELLO)
    metered.ask(HELLO)
    assert metered.usage == Usage(200, 40)
    assert metered.money == pytest.approx((200 * 2 + 40 * 10) / 1e6)
    with pytest.raises(Spent, match="240 tokens are used, where 200 were granted"):
        metered.ask(HELLO)
    assert model.asked == 2


@pytest.mark.parametrize("text", ["cheap", "1", "1/2/3", "-1/2", "nan/1"])
def test_a_price_is_two_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="is no price"):
        Price.of(text)


def test_a_reply_that_is_kept_is_given_again_to_the_same_question_alone(tmp_path: Path) -> None:
    model, path = Counting(), tmp_path / "replies.jsonl"
    first = Recorded(path, model, name="small").ask(HELLO)
    assert Recorded(path, model, name="small").ask(HELLO) == first
    assert model.asked == 1
    alone = Recorded(path, name="small")
    assert alone.ask(HELLO) == first
    for other in ([Message("user", "hello!")], [Message("system", "hello")], []):
        with pytest.raises(SourceFailed, match="no reply"):
            alone.ask(other)
    with pytest.raises(SourceFailed):
        alone.ask(HELLO, [Function("wait", "", {})])
    with pytest.raises(SourceFailed):
        Recorded(path, name="large").ask(HELLO)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    Recorded(path, Counting()).ask(HELLO)
    path.write_bytes(path.read_bytes() + b'{"question": 1}\n')
    with pytest.raises(InvalidRecord, match=r"replies\.jsonl:2: no reply"):
        Recorded(path)
