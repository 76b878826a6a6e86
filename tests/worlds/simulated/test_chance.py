"""Chance in the code of a release comes from the run's seed: the same run draws the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType

from tests.worlds.simulated.test_confined import Cell

from telic.worlds.simulated.confined import Confined
from telic.worlds.simulated.loop import VirtualLoop

Take = Callable[[str], ModuleType]


def scope(seed: int) -> Take:
    loop = VirtualLoop()
    take: Take = Confined(loop, lambda: 86_400.0 * 400, Cell(), random.Random(seed)).builtins["__import__"]
    loop.close()
    return take


def drawn(take: Take) -> list[object]:
    own, secrets = take("random"), take("secrets")
    own.seed()
    return [
        own.random(),
        own.choice(range(1000)),
        own.Random().random(),
        own.SystemRandom().random(),
        take("os").urandom(8),
        secrets.token_hex(),
        secrets.token_urlsafe(6),
        secrets.choice(range(1000)),
        secrets.randbelow(1000),
        secrets.SystemRandom().random(),
        take("uuid").uuid1(),
        take("uuid").uuid4(),
    ]


def test_the_same_seed_draws_the_same_and_another_something_else() -> None:
    first, again, other = drawn(scope(7)), drawn(scope(7)), drawn(scope(8))
    assert first == again
    assert not [one for one, two in zip(first, other, strict=True) if one == two and one not in range(1000)]


def test_a_seed_that_the_code_gives_counts() -> None:
    own = scope(7)("random")
    assert own.Random(3).random() == random.Random(3).random()
    own.seed(3)
    assert own.random() == random.Random(3).random()


def test_identifiers_and_secrets_look_as_they_should() -> None:
    take = scope(7)
    assert [take("uuid").uuid1().version, take("uuid").uuid4().version] == [1, 4]
    assert len(take("secrets").token_bytes()) == len(take("os").urandom(32)) == 32
    assert take("secrets").compare_digest("a", "a")
