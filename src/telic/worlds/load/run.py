"""One run from files to file: reads the design, drives the system, writes the record."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telic.clock import SystemClock
from telic.errors import UsageError, WorldError
from telic.model import dump
from telic.registry import near_names
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.flows import open_desk
from telic.worlds.load.generator import Generator
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.pace import make_timer
from telic.worlds.load.plan import Load, load_of
from telic.worlds.load.pool import Pool
from telic.worlds.load.record import SecondLine, encode
from telic.worlds.load.welcome import welcome


@dataclass(frozen=True)
class Order:
    """What to run."""

    design: Path  # folder
    url: str
    workload: str  # id or name
    record: Path
    rate: float | None = None  # instead of the workload's [requests/s]
    shape: str = "constant"
    seed: int = 1
    seconds: float = 60.0
    quiet: bool = False  # no lines on stdout


@dataclass(frozen=True)
class About:
    """All it takes to repeat a run; kept beside its record."""

    system: str
    design: str  # hash
    workload: str
    rate: float  # [requests/s]
    shape: str
    seed: int
    seconds: float
    url: str
    run: str  # makes addresses and idempotency keys of this run unique


async def run(order: Order) -> None:
    """Carry out an order; SIGTERM and SIGINT end it early, with a record that is whole."""
    host, port = address(order.url)
    knowledge = Knowledge(order.design)
    load = _load(knowledge, order)
    clock = SystemClock()
    beliefs = Beliefs(knowledge, clock.time, f"{int(clock.time() * 1000):x}-{order.seed}")
    desk = open_desk(beliefs, load.workload.mix)
    about = About(
        knowledge.design.system,
        knowledge.design.hash,
        load.workload.id,
        load.rate,
        order.shape,
        order.seed,
        order.seconds,
        order.url,
        beliefs.run,
    )
    _collect_no_seeds()
    pool = Pool(host, port)
    await welcome(desk, pool, f"{host}:{port}", clock.monotonic)
    with _writing(order, about) as write:
        generator = Generator(
            iter(load),
            desk,
            pool,
            host=f"{host}:{port}",
            bound=knowledge.bound(load.workload.id),
            seconds=order.seconds,
            clock=clock,
            timer=make_timer,
            write=write,
        )
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: generator.fail(_error(context)))
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, generator.stop)
        await generator.run()
        await pool.close()


def address(url: str) -> tuple[str, int]:
    """Return host and port of an ``http`` URL.

    Examples
    --------
    >>> address("http://127.0.0.1:8080")
    ('127.0.0.1', 8080)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}", hint="such as http://127.0.0.1:8080") from error
    if parts.scheme != "http" or not host:
        raise UsageError(f"{url!r} is no http URL", hint="such as http://127.0.0.1:8080")
    return host, port or 80


def _error(context: dict[str, Any]) -> BaseException:
    error = context.get("exception")
    return error if isinstance(error, BaseException) else WorldError(str(context.get("message", "event loop failed")))


def _load(knowledge: Knowledge, order: Order) -> Load:
    workloads = knowledge.design.workloads
    found = next((each for each in workloads if order.workload in (each.id, each.name)), None)
    if found is None:
        names = [name for each in workloads for name in (each.id, each.name)]
        raise UsageError(f"no workload {order.workload!r}", hint=near_names(order.workload, names))
    return load_of(found, rate=order.rate, shape=order.shape, seconds=order.seconds, seed=order.seed)


@contextmanager
def _writing(order: Order, about: About) -> Iterator[Callable[[SecondLine], None]]:
    try:
        order.record.parent.mkdir(parents=True, exist_ok=True)
        order.record.with_suffix(".run.json").write_bytes(dump(about, schema="telic/load/v1", indent=2))
        descriptor = os.open(order.record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WorldError(f"cannot write {order.record}: {error.strerror}", hint="give another --record") from error

    shown = not order.quiet

    def write(line: SecondLine) -> None:
        nonlocal shown
        data = encode(line)
        try:
            os.write(descriptor, data)
        except OSError as error:
            raise WorldError(f"cannot write {order.record}: {error.strerror}", hint="free some disk space") from error
        try:
            if shown:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            shown = False  # nobody looks any more; the record goes on

    try:
        yield write
    finally:
        os.close(descriptor)


def _collect_no_seeds() -> None:
    """Keep the collector from walking the seed data: a pause is a send lag."""
    gc.collect()
    gc.freeze()
