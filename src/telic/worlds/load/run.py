"""One live run from files to file: reads the design, drives the system, writes the record."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Any
from urllib.parse import urlsplit

from telic.clock import SystemClock
from telic.errors import UsageError, WorldError
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order, prepare
from telic.worlds.load.pace import make_timer
from telic.worlds.load.pool import Pool
from telic.worlds.load.recording import recording
from telic.worlds.load.welcome import welcome

SIGNING_UP = 4  # users at once [1]: a service hashes two passwords at a time


async def run(order: Order, knowledge: Knowledge | None = None) -> None:
    """Carry out an order; SIGTERM and SIGINT end it early, with a record that is whole.

    Parameters
    ----------
    knowledge
        Of the order's design, where it was read already.
    """
    host, port = address(order.url)
    clock = SystemClock()
    prepared = prepare(order, clock, knowledge)
    _collect_no_seeds()
    pool, named = Pool(host, port), f"{host}:{port}"
    await welcome(prepared.desk, pool, named, clock.monotonic, at_once=SIGNING_UP)
    with recording(order, prepared.about) as write:
        generator = prepared.generator(pool, named, timer=make_timer, write=write)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: generator.fail(error_of(context)))
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


def error_of(context: dict[str, Any]) -> BaseException:
    """Return the error that an event loop tells its exception handler of."""
    error = context.get("exception")
    return error if isinstance(error, BaseException) else WorldError(str(context.get("message", "event loop failed")))


def _collect_no_seeds() -> None:
    """Keep the collector from walking the seed data: a pause is a send lag."""
    gc.collect()
    gc.freeze()
