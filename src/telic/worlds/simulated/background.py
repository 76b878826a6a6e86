"""Blocking work of a simulated instance: it takes virtual time on threads of its own, and next to none of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar, cast

from telic.runtime import passwords
from telic.runtime.failures import Overloaded
from telic.worlds.simulated.cpus import Cpus
from telic.worlds.simulated.loop import VirtualLoop

T = TypeVar("T")
SCRYPT = 0.013  # of one CPU [s], see telic.runtime.passwords
OTHER = 0.001  # work whose cost nobody declares [s]
SIGMA = 0.1  # of the logarithm of a work's time [1]
_SALT = b"of no use:"


class SimulatedBackground:
    """Implements `telic.runtime.ports.Background`.

    Parameters
    ----------
    threads, queue
        Works done at once and works that may wait [1].
    """

    def __init__(self, loop: VirtualLoop, rng: random.Random, *, threads: int = 2, queue: int = 32) -> None:
        self._rng = rng
        self._cpus = Cpus(loop, threads)
        self._most, self._present = threads + queue, 0
        self._cheap: Mapping[object, tuple[float, Callable[..., object]]] = {
            passwords.hash_password: (SCRYPT, self._hash_password),
            passwords.verify_password: (SCRYPT, _verify_password),
        }

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Return ``work(*args)`` after the time it would take; raise `Overloaded` when too much waits already."""
        if self._present >= self._most:
            raise Overloaded("too much background work waits")
        seconds, done = self._cheap.get(work, (getattr(work, "seconds", OTHER), work))
        self._present += 1
        try:
            await self._cpus.use(seconds * self._rng.lognormvariate(0.0, SIGMA))
        finally:
            self._present -= 1
        return cast(T, done(*args))

    @property
    def cpu_seconds(self) -> float:
        """What was computed [s]."""
        return self._cpus.seconds

    def close(self) -> None:
        """Nothing is kept open."""

    def _hash_password(self, password: str) -> str:
        salt = _SALT + self._rng.randbytes(16 - len(_SALT))
        parts = (base64.b64encode(each).decode() for each in (salt, _digest(password, salt)))
        return f"scrypt${passwords.COST}${'$'.join(parts)}"


def _verify_password(password: str, stored: str) -> bool:
    """Whether `password` is the one that `stored` was made from; those of seed files are real."""
    encoded, _, digest = stored.rpartition("$")
    salt = base64.b64decode(encoded.rpartition("$")[2])
    if not salt.startswith(_SALT):
        return _verify_for_real(password, stored)
    return hmac.compare_digest(_digest(password, salt), base64.b64decode(digest))


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.blake2b(password.encode(), salt=salt, digest_size=64).digest()


@lru_cache(maxsize=65_536)
def _verify_for_real(password: str, stored: str) -> bool:
    return passwords.verify_password(password, stored)
