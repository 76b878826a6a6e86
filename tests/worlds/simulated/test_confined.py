"""Code of a release that acts on its whole process, in a process that it shares with the world."""

from __future__ import annotations

import logging
import os
import random
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from telic.worlds.simulated.confined import LINES, PER_LINE, PER_ROUND, Confined, Left
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.release import Release

SOURCE = """
import logging
import os
import random
import sys
import threading
import time
from os import path
from sys import stderr

BUILT = time.time()

def tell(lines):
    log = logging.getLogger("shop")
    for each in range(lines):
        log.info("line %d", each)
        log.debug("nobody reads %d", each)

def die():
    sys.stderr.write("no snapshot\\n")
    os._exit(3)

LATER = threading.Timer(2.5, die)
LATER.daemon = True
LATER.start()
NEVER = threading.Timer(1.0, die)
NEVER.start()
NEVER.cancel()

def build(runtime):
    print("built", file=stderr)
    return path.join("a", "b")
"""


@dataclass
class Cell:
    """A simulated process that writes down what its code does."""

    left: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    held: int = 0
    blocked: float = 0.0
    computed: float = 0.0
    log: logging.Logger = field(default_factory=lambda: logging.Logger("shop", logging.INFO))

    def leave(self, code: int) -> None:
        self.left.append(code)

    def hold(self, size: int) -> None:
        self.held += size

    def block(self, seconds: float) -> None:
        self.blocked += seconds

    def compute(self, seconds: float) -> None:
        self.computed += seconds

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def release(loop: VirtualLoop, tmp_path: Path) -> tuple[Release, Cell, dict[str, ModuleType]]:
    folder = tmp_path / "services" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / "services" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "app.py").write_text(SOURCE)
    cell, seen = Cell(), dict[str, ModuleType]()
    confined = Confined(loop, lambda: 1234.5, cell, random.Random(7))
    return Release("shop", tmp_path, seen.update, confined.builtins), cell, seen


def test_a_process_that_ends_itself_ends_alone_and_in_virtual_time(
    release: tuple[Release, Cell, dict[str, ModuleType]], loop: VirtualLoop
) -> None:
    _, cell, _ = release
    loop.run_until(2.4)
    assert cell.left == []
    loop.run_until(2.6)
    assert cell.left == [3]
    assert cell.said == ["no snapshot\n"]


def test_lines_that_it_logs_are_the_services_own_and_take_time(
    release: tuple[Release, Cell, dict[str, ModuleType]],
) -> None:
    made, cell, seen = release
    made.build(None)  # type: ignore[arg-type]
    written = logging.Handler()
    lines: list[str] = []
    written.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    cell.log.addHandler(written)
    seen["services.shop.app"].tell(2 * LINES)
    assert lines == [f"line {each}" for each in range(2 * LINES)]
    assert cell.computed == pytest.approx(2 * LINES * PER_LINE)


def test_what_it_prints_and_the_time_it_reads_are_its_own(
    release: tuple[Release, Cell, dict[str, ModuleType]],
) -> None:
    made, cell, seen = release
    assert made.build(None) == "a/b"  # type: ignore[comparison-overlap,arg-type]
    assert "".join(cell.said) == "built\n"
    assert seen["services.shop.app"].BUILT == 1234.5


def test_the_world_s_own_modules_are_untouched(release: tuple[Release, Cell, dict[str, ModuleType]]) -> None:
    _, _, seen = release
    theirs = seen["services.shop.app"]
    assert theirs.os is not os
    assert theirs.os.getcwd is os.getcwd
    assert sys.modules["os"] is os
    assert threading.Timer.__module__ == "threading"
    with pytest.raises(Left):
        theirs.os._exit(1)


def test_large_buffers_count_and_sleep_blocks() -> None:
    loop, cell = VirtualLoop(), Cell()
    scope = Confined(loop, loop.time, cell, random.Random(7)).builtins
    made = scope["bytearray"](1 << 20)
    assert cell.held == len(made) == 1 << 20
    assert scope["bytearray"](b"ab") == bytearray(b"ab")
    assert len(scope["bytearray"](16)) == 16
    del made
    assert cell.held == 0
    scope["__import__"]("time").sleep(0.25)
    assert cell.blocked == 0.25
    loop.close()


def test_a_digest_of_many_rounds_takes_the_time_of_all_of_them() -> None:
    loop, cell = VirtualLoop(), Cell()
    digest = Confined(loop, loop.time, cell, random.Random(7)).builtins["__import__"]("hashlib").pbkdf2_hmac
    assert digest("sha256", b"page", b"salt", 1_000_000) == digest("sha256", b"page", b"salt", 1_000_000)
    assert cell.computed == 2 * 1_000_000 * PER_ROUND
    loop.close()
