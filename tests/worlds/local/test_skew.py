"""A wrong clock in one process: all three functions that tell the time, nobody else's, and back again."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from telic.errors import WorldError
from telic.worlds.local.skew import skew

TELL = """
import ctypes, sys, time
libc = ctypes.CDLL(None)
libc.time.restype = ctypes.c_long
day = (ctypes.c_long * 2)()
for _ in sys.stdin:
    libc.gettimeofday(day, None)
    print(int(time.time()), libc.time(None), day[0], int(time.monotonic()), flush=True)
"""
HERE = pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="another machine's code")


@pytest.fixture
def teller() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-S", "-c", TELL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def ahead(teller: subprocess.Popen[str]) -> list[int]:
    """Return by how much each of its clocks is ahead of ours, to the hour [h]."""
    assert teller.stdin is not None
    assert teller.stdout is not None
    teller.stdin.write("?\n")
    teller.stdin.flush()
    *wall, monotonic = [int(each) for each in teller.stdout.readline().split()]
    return [round((each - time.time()) / 3600) for each in wall] + [round((monotonic - time.monotonic()) / 3600)]


@HERE
def test_the_wall_clock_of_one_process_is_wrong_until_it_is_put_right(teller: subprocess.Popen[str]) -> None:
    assert ahead(teller) == [0, 0, 0, 0]
    try:
        skew([teller.pid], 48 * 3600.0)
    except WorldError as error:
        pytest.skip(str(error))
    assert ahead(teller) == [48, 48, 48, 0]
    skew([teller.pid], -24 * 3600.0)
    assert ahead(teller) == [-24, -24, -24, 0]
    for _ in range(2):
        skew([teller.pid], 0.0)
        assert ahead(teller) == [0, 0, 0, 0]


def test_another_kind_of_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(WorldError, match=r"no way to skew a clock on .* riscv64"):
        skew([1], 60.0)
