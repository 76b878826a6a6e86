"""What reaches for the machine's time, network or processes in virtual time ends the run, and says where."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from telic.worlds.simulated import traps
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.traps import SimulationEscaped


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLoop]:
    monkeypatch.setattr(traps, "LOOK_EVERY", 0.05)
    made = VirtualLoop(patience=0.1)
    made.set_exception_handler(lambda loop, context: None)
    yield made
    made.close()


def sleep() -> None:
    time.sleep(0.01)


def connect() -> None:
    with socket.socket() as channel:
        channel.connect(("127.0.0.1", 9))


def resolve() -> None:
    socket.getaddrinfo("localhost", 80)


def start() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def fork() -> None:
    os.system("true")


def spin() -> None:
    while True:
        pass


def thread() -> None:
    threading.Thread(target=print, daemon=True).start()


def pool() -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as workers:
        workers.submit(time.sleep, 0.01)


def match() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")  # C code that holds Python's lock for hours


def hang() -> None:
    threading.Event().wait()


@pytest.mark.parametrize("escape", [sleep, connect, resolve, start, fork, spin, match, thread, pool, hang])
def test_an_escape_ends_the_run_even_if_its_caller_forgives_it(loop: VirtualLoop, escape: Callable[[], None]) -> None:
    async def handler() -> None:
        await asyncio.sleep(1)
        with contextlib.suppress(Exception):
            escape()
        await asyncio.sleep(1)

    with pytest.raises(SimulationEscaped, match=r"test_traps\.py:\d+ "):
        loop.run_until_complete(handler())
    assert loop.time() == 1


def test_the_place_is_that_of_the_culprit(loop: VirtualLoop) -> None:
    async def handler() -> None:
        sleep()

    with pytest.raises(SimulationEscaped) as raised:
        loop.run_until_complete(handler())
    assert f"{__file__}:{sleep.__code__.co_firstlineno + 1} sleeps" in str(raised.value)


def test_asking_again_and_again_is_spinning(loop: VirtualLoop) -> None:
    async def handler() -> None:
        while True:  # noqa: ASYNC110 - the fault itself
            await asyncio.sleep(0)

    with pytest.raises(SimulationEscaped, match="while no time passed"):
        loop.run_until_complete(handler())


def test_threads_of_the_loop_are_trapped_as_well(loop: VirtualLoop) -> None:
    async def main() -> None:
        with contextlib.suppress(SimulationEscaped):
            await asyncio.to_thread(sleep)
        await asyncio.sleep(1)

    with pytest.raises(SimulationEscaped, match="sleeps"):
        loop.run_until_complete(main())


def test_work_that_lets_time_pass_may_take_long(loop: VirtualLoop) -> None:
    async def main() -> None:
        begun = time.thread_time()
        while time.thread_time() - begun < 0.4:  # noqa: ASYNC110 - no event will come
            await asyncio.sleep(0.001)

    loop.run_until_complete(main())


def test_databases_and_analysis_in_threads_are_let_be(loop: VirtualLoop) -> None:
    def analyse() -> int:
        begun = time.thread_time()
        while time.thread_time() - begun < 0.4:
            pass
        with duckdb.connect() as database:
            row = database.execute("SELECT count(*) FROM range(1000000)").fetchone()
        assert row is not None
        return int(row[0])

    async def main() -> int:
        return await asyncio.to_thread(analyse)

    assert loop.run_until_complete(main()) == 1_000_000


def test_nothing_is_trapped_outside_and_where_it_is_allowed(loop: VirtualLoop) -> None:
    async def main() -> None:
        with traps.allowed():
            sleep()

    loop.run_until_complete(main())
    sleep()
    with contextlib.suppress(OSError):
        connect()


@pytest.mark.parametrize(
    ("escape", "what"),
    [
        (lambda: asyncio.create_subprocess_exec("true"), "starts a process"),
        (lambda: asyncio.create_subprocess_shell("true"), "starts a process"),
        (lambda: asyncio.open_unix_connection("/tmp/none"), "opens a socket"),
    ],
)
def test_what_asyncio_would_do_on_the_machine_is_refused(
    loop: VirtualLoop, escape: Callable[[], Awaitable[object]], what: str
) -> None:
    async def handler() -> None:
        with contextlib.suppress(Exception):
            await escape()
        await asyncio.sleep(1)

    with pytest.raises(SimulationEscaped, match=rf"test_traps\.py:\d+ {what}"):
        loop.run_until_complete(handler())
    assert loop.time() == 0


STUBBORN = """
import asyncio
from telic.worlds.simulated import traps
from telic.worlds.simulated.loop import VirtualLoop

async def handler():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

traps.LOOK_EVERY = 0.05
VirtualLoop(patience=0.1).run_until_complete(handler())
"""


def test_code_that_spins_and_catches_everything_ends_with_its_process(tmp_path: Path) -> None:
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3
    assert f"{script}:" in ended.stderr
    assert "catches all that would end it" in ended.stderr
