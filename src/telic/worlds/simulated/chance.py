"""What is drawn in the code of a release: it comes from the run's seed, so that a repeated run draws the same."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")
TOKEN = 32  # of a secret that says no length [bytes]


def of_random(own: random.Random) -> dict[str, Any]:
    """Return what ``random`` holds, drawn from `own`; a generator that is given no seed gets one from there."""

    class Random(random.Random):
        def __init__(self, x: Any = None) -> None:
            super().__init__(own.getrandbits(64) if x is None else x)

        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(own.getrandbits(64) if a is None else a, version)

    shared = Random()
    functions = {name: getattr(shared, name) for name in random.__all__ if name not in ("Random", "SystemRandom")}
    return {**functions, "Random": Random, "SystemRandom": lambda *given: Random()}


def of_uuid(own: random.Random) -> dict[str, Any]:
    """Return the identifiers of ``uuid`` that the machine would have drawn."""
    return {
        "uuid1": lambda node=None, clock_seq=None: uuid.UUID(int=own.getrandbits(128), version=1),
        "uuid4": lambda: uuid.UUID(int=own.getrandbits(128), version=4),
    }


def of_os(own: random.Random) -> dict[str, Any]:
    """Return the machine's source of chance."""
    return {"urandom": own.randbytes, "getrandom": lambda size, flags=0: own.randbytes(size)}


def of_secrets(own: random.Random) -> dict[str, Any]:
    """Return what ``secrets`` draws: nobody outside the run needs to be kept from guessing it."""

    def token_bytes(nbytes: int | None = None) -> bytes:
        return own.randbytes(TOKEN if nbytes is None else nbytes)

    def token_hex(nbytes: int | None = None) -> str:
        return token_bytes(nbytes).hex()

    def token_urlsafe(nbytes: int | None = None) -> str:
        return base64.urlsafe_b64encode(token_bytes(nbytes)).rstrip(b"=").decode()

    def choice(seq: Sequence[T]) -> T:
        return own.choice(seq)

    return {
        "token_bytes": token_bytes,
        "token_hex": token_hex,
        "token_urlsafe": token_urlsafe,
        "choice": choice,
        "randbelow": own.randrange,
        "randbits": own.getrandbits,
        "SystemRandom": of_random(own)["SystemRandom"],
    }
