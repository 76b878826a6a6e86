"""Blocking work takes virtual time, and passwords keep their meaning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from telic.runtime.failures import Overloaded
from telic.runtime.passwords import hash_password, verify_password
from telic.worlds.simulated.background import SimulatedBackground
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.streams import stream


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


def background(loop: VirtualLoop, queue: int = 32) -> SimulatedBackground:
    return SimulatedBackground(loop, stream(7, "background"), threads=2, queue=queue)


def test_passwords_take_the_time_of_scrypt_and_next_to_none_of_ours(loop: VirtualLoop) -> None:
    work = background(loop, queue=1000)

    async def many() -> list[str]:
        return await asyncio.gather(*(work.run(hash_password, f"secret {number}") for number in range(400)))

    begun = time.process_time()
    hashes = loop.run_until_complete(many())
    assert time.process_time() - begun < 400 * 0.013 / 3
    assert loop.time() == pytest.approx(400 * 0.013 / 2, rel=0.05)
    assert work.cpu_seconds == pytest.approx(400 * 0.013, rel=0.05)
    assert len(set(hashes)) == 400
    assert hashes[0].startswith("scrypt$8192$")


def test_hashes_of_this_world_and_real_ones_verify(loop: VirtualLoop) -> None:
    work, real = background(loop), hash_password("of a seed file")

    async def main() -> list[bool]:
        own = await work.run(hash_password, "secret")
        asked = (("secret", own), ("guess", own), ("of a seed file", real), ("guess", real))
        return [await work.run(verify_password, password, stored) for password, stored in asked]

    assert loop.run_until_complete(main()) == [True, False, True, False]


def test_too_much_is_refused_and_other_work_is_done(loop: VirtualLoop) -> None:
    work = background(loop, queue=1)

    def double(number: int) -> int:
        if number < 0:
            raise ValueError(number)
        return number * 2

    async def main() -> list[int | BaseException]:
        asked = (work.run(double, number) for number in (1, -1, 3, 4))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, failed, third, refused = loop.run_until_complete(main())
    assert (first, third) == (2, 6)
    assert isinstance(failed, ValueError)
    assert isinstance(refused, Overloaded)
    assert loop.time() > 0
