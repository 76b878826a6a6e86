"""A simulated process as its supervisor sees it: signals, a grace, a kill."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.process import SimulatedProcess


@dataclass
class Recorded:
    """A body that writes down what is done to it."""

    takes: float  # to end in good order [s]
    done: list[str] = field(default_factory=list)

    async def terminate(self) -> None:
        self.done.append("terminate")
        await asyncio.sleep(self.takes)

    def kill(self) -> None:
        self.done.append("kill")

    def stop(self) -> None:
        self.done.append("stop")

    def resume(self) -> None:
        self.done.append("resume")

    def throttle(self, share: float) -> None:
        self.done.append(f"throttle {share}")

    def cpu_seconds(self) -> float:
        return 0.0

    def kept_seconds(self) -> float:
        return 0.0


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


def made(loop: VirtualLoop, takes: float = 0.5) -> tuple[SimulatedProcess, Recorded]:
    body = Recorded(takes)
    return SimulatedProcess(1001, body, loop.create_future()), body


def test_one_that_ends_in_time_ends_with_zero(loop: VirtualLoop) -> None:
    process, body = made(loop)
    loop.run_until_complete(process.stop(grace=1.5))
    assert process.exited.result() == 0
    assert loop.time() == 0.5
    assert body.done == ["resume", "terminate", "kill"]


def test_one_that_does_not_is_killed_after_its_grace(loop: VirtualLoop) -> None:
    process, _ = made(loop, takes=9.0)
    loop.run_until_complete(process.stop(grace=1.5))
    assert process.exited.result() == -signal.SIGKILL
    assert loop.time() == 1.5


def test_a_stopped_one_says_so_and_is_woken_to_end(loop: VirtualLoop) -> None:
    process, body = made(loop)
    process.send(signal.SIGSTOP)
    assert process.state == "T"
    loop.run_until_complete(process.stop(grace=1.5))
    assert process.state == "S"
    assert process.exited.result() == 0
    assert body.done[0] == "stop"


def test_a_dead_one_takes_no_signal(loop: VirtualLoop) -> None:
    process, body = made(loop)
    process.send(signal.SIGKILL)
    process.send(signal.SIGSTOP)
    process.send(signal.SIGTERM)
    assert body.done == ["kill"]
    assert process.exited.result() == -signal.SIGKILL
    assert process.state == "S"
