"""Locks, events and queues of a release: waiting for them takes the process's virtual time alone."""

from __future__ import annotations

import importlib
import math
import queue
import random
import time
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from tests.worlds.simulated.test_confined import Cell

from telic.worlds.simulated.confined import Confined
from telic.worlds.simulated.loop import VirtualLoop


def empty(waited: queue.Queue[int]) -> None:
    with pytest.raises(queue.Empty):
        waited.get(timeout=0.5)


def crowded(waited: queue.Queue[int]) -> None:
    with pytest.raises(queue.Full):
        waited.put(2, timeout=0.5)


@pytest.fixture
def scope() -> Iterator[tuple[Cell, Callable[[str], ModuleType]]]:
    loop, cell = VirtualLoop(), Cell()
    yield cell, Confined(loop, lambda: 1234.5, cell, random.Random(7)).builtins["__import__"]
    loop.close()


def test_who_waits_in_vain_waits_as_long_as_it_would(scope: tuple[Cell, Callable[[str], ModuleType]]) -> None:
    cell, take = scope
    threading, queues = take("threading"), take("queue")
    lock, semaphore, full = threading.Lock(), threading.Semaphore(1), queues.Queue(1)
    with lock, semaphore:
        full.put(1)
        waits: list[Callable[[], object]] = [
            lambda: threading.Event().wait(0.5),
            lambda: threading.Condition().wait(0.5),
            lambda: lock.acquire(timeout=0.5),
            lambda: semaphore.acquire(timeout=0.5),
            lambda: empty(queues.Queue()),
            lambda: crowded(full),
        ]
        for number, wait in enumerate(waits, 1):
            assert wait() is not True
            assert cell.blocked == pytest.approx(0.5 * number)
        assert not lock.acquire(blocking=False)
    assert cell.blocked == pytest.approx(0.5 * len(waits))


def test_what_is_there_is_not_waited_for(scope: tuple[Cell, Callable[[str], ModuleType]]) -> None:
    cell, take = scope
    threading, queues = take("threading"), take("queue")
    event, own, lock = threading.Event(), queues.Queue(), threading.RLock()
    event.set()
    own.put("a")
    with lock, lock:
        assert event.wait(1.0)
        assert own.get(timeout=1.0) == "a"
    assert lock.acquire(timeout=1.0)
    assert cell.blocked == 0.0


def test_for_ever_is_for_ever(scope: tuple[Cell, Callable[[str], ModuleType]]) -> None:
    cell, take = scope
    take("threading").Event().wait()
    assert cell.blocked == math.inf


def test_all_clocks_are_virtual(scope: tuple[Cell, Callable[[str], ModuleType]]) -> None:
    _, take = scope
    clocks = take("time")
    assert (clocks.time(), clocks.time_ns()) == (1234.5, 1_234_500_000_000)
    assert clocks.monotonic_ns() == clocks.perf_counter_ns() == round(clocks.monotonic() * 1e9)
    assert importlib.import_module("time").time_ns is time.time_ns
