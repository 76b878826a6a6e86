"""The receiver: one process that takes OTLP/HTTP, owns the store and answers questions about it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import functools
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import uvloop

from telic.errors import TelicError
from telic.telemetry import listeners
from telic.telemetry.commits import COMMIT_MAX, INTERVAL, Arrival, Committer
from telic.telemetry.connection import Connection
from telic.telemetry.database import Database
from telic.telemetry.forward import Forwarder
from telic.telemetry.otlp.body import Answer
from telic.telemetry.otlp.calls import read_peers
from telic.telemetry.otlp.decoder import Decoder
from telic.telemetry.otlp.grpc import GrpcServer
from telic.telemetry.reading import Reader
from telic.telemetry.restoring import restore
from telic.telemetry.rollup import Rollup
from telic.telemetry.routes import BODY_MAX, QUEUE_MAX, Core, Routes, deliver
from telic.telemetry.upkeep import Retention

log = logging.getLogger("telic.telemetry")

FAST_COMMIT = 24 << 20  # unpacked bodies that one commit takes where the decoding is compiled [bytes]
FAST_SETTINGS = {"memory_limit": "512MB", "checkpoint_threshold": "128MB"}
KEPT = 128 << 20  # freed memory that a receiver of floods keeps for the next commit [bytes]
STALE = 30.0  # how long a request may take to come in [s]


@dataclass(frozen=True)
class Options:
    """What the receiver is told on its command line."""

    state: Path
    socket: Path
    bytes: int = 2_000_000_000  # retention [bytes]
    listen: tuple[str, ...] = ()
    listen_fd: tuple[int, ...] = ()
    grpc: str = ""  # HOST:PORT for OTLP/gRPC
    allow_remote: bool = False  # whether these two may be addresses that other machines reach
    forward: str = ""
    end_with_parent: bool = False
    interval: float = INTERVAL  # between commits [s]
    fast: bool = False
    hours: float = 0.0  # how long rows are kept [h]; 0 until they take too much space
    queue_bytes: int = QUEUE_MAX
    body_bytes: int = BODY_MAX
    ask: str = ""  # HOST:PORT of this machine alone that takes questions, besides the socket
    peers: str = ""  # PORT=SERVICE,...: whom calls go to whose spans name an address alone


async def serve(
    options: Options,
    opened: Sequence[socket.socket],
    questions: socket.socket,
    database: Database,
    ready: Callable[[], None],
) -> None:
    """Take telemetry and answer questions until SIGTERM or SIGINT; call `ready` once it does."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)

    def hand_over(answers: Sequence[tuple[Arrival, Answer]]) -> None:
        loop.call_soon_threadsafe(deliver, answers)

    rollup, reader = Rollup(), Reader(database)
    if counted := restore(rollup, database, now=time.time()):
        log.info("counted %d server spans of earlier again", counted)
    decoder = Decoder(peers=read_peers(options.peers))
    if options.fast and not options.peers:
        decoder.warm_up()
    committer = Committer(
        database,
        rollup,
        keep=Retention(options.bytes, options.hours * 3600.0),
        deliver=hand_over,
        interval=options.interval,
        decoder=decoder,
        most=FAST_COMMIT if options.fast else COMMIT_MAX,
        relieve=reader.relieve,
    )
    forwarder = Forwarder(options.forward) if options.forward else None
    core = Core(committer, rollup, reader, forwarder, body_max=options.body_bytes, queue_max=options.queue_bytes)
    connections: set[Connection] = set()
    take = functools.partial(Connection, Routes(core, questions=False), connections)
    ask = functools.partial(Connection, Routes(core, questions=True), connections)
    servers = [await loop.create_server(take, sock=each) for each in opened]
    servers.append(await loop.create_unix_server(ask, sock=questions))
    if options.ask:
        servers.append(await loop.create_server(ask, sock=listeners.loopback(options.ask)))
    grpc = GrpcServer(options.grpc, core, remote=options.allow_remote) if options.grpc else None
    if grpc is not None:
        await grpc.start()
        core.grpc_port = grpc.port
    log.info("ready: %s and %s", ", ".join(map(_name, opened)) or "no port", options.socket)
    ready()
    sweeper = loop.create_task(_sweep(connections))
    await ended.wait()
    sweeper.cancel()
    for server in servers:
        server.close()
    if grpc is not None:
        await grpc.stop()
    await loop.run_in_executor(None, committer.stop)
    await asyncio.sleep(0)  # the last answers are written
    for each in list(connections):
        each.close()
    reader.close()
    database.close()
    log.info("ended after %d commits", committer.counts.commits)


async def _sweep(connections: set[Connection]) -> None:
    while True:
        await asyncio.sleep(STALE / 3)
        now = time.monotonic()
        for each in [each for each in connections if each.stale(now, STALE)]:
            each.expire()


def _name(listening: socket.socket) -> str:
    address = listening.getsockname()
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)


def read_options(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m telic.telemetry.receiver", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state folder of the system")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket for questions")
    parser.add_argument("--bytes", type=int, default=Options.bytes, help="retention of the store [bytes]")
    parser.add_argument("--listen", action="append", default=[], metavar="HOST:PORT", help="address for OTLP")
    parser.add_argument("--listen-fd", action="append", default=[], type=int, metavar="N", help="inherited socket")
    parser.add_argument("--grpc", default="", metavar="HOST:PORT", help="address for OTLP/gRPC (extra `grpc`)")
    parser.add_argument("--allow-remote", action="store_true", help="let other machines reach --listen and --grpc")
    parser.add_argument("--forward", default="", metavar="URL", help="another OTLP/HTTP endpoint that gets a copy")
    parser.add_argument(
        "--end-with-parent", action="store_true", help="end when the process that started this one ends"
    )
    parser.add_argument("--interval", type=float, default=INTERVAL, help="between commits [s]")
    parser.add_argument("--hours", type=float, default=0.0, help="retention [h]; 0 keeps what fits into --bytes")
    parser.add_argument("--fast", action="store_true", help="compile the decoding (extra `fast`)")
    parser.add_argument("--queue-bytes", type=int, default=QUEUE_MAX, help="bodies that may wait [bytes]")
    parser.add_argument("--body-bytes", type=int, default=BODY_MAX, help="largest body [bytes]")
    parser.add_argument("--ask", default="", metavar="HOST:PORT", help="takes questions too; of this machine alone")
    parser.add_argument("--peers", default="", metavar="PORT=SERVICE,...", help="names callees by their ports")
    found: dict[str, Any] = vars(parser.parse_args(arguments))
    found |= {name: tuple(found[name]) for name in ("listen", "listen_fd")}
    return Options(**found)


def run(options: Options, ready: Callable[[], None] = lambda: None) -> None:
    """Take telemetry until SIGTERM or SIGINT; call `ready` once all that can fail at the start has not.

    Raises
    ------
    TelicError
        A port is taken, a folder cannot be written, another receiver owns it.
    """
    if options.end_with_parent:
        _end_with_parent()
    if options.fast:
        _keep_memory()
    sys.meta_path.insert(0, _WithoutPandas())
    threading.excepthook = _end_at_once
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(listeners.inherited(number)) for number in options.listen_fd]
        listen = listeners.network if options.allow_remote else listeners.loopback
        opened += [stack.enter_context(listen(address)) for address in options.listen]
        database = Database(options.state / "telemetry", FAST_SETTINGS if options.fast else None)
        questions = stack.enter_context(listeners.unix(options.socket))
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)  # rows come and go without cycles
        uvloop.run(serve(options, opened, questions, database, ready))
        gc.unfreeze()
        options.socket.unlink(missing_ok=True)


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    """Run the receiver; return the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        run(read_options(arguments))
    except TelicError as error:
        log.error("%s (%s)", error, error.hint)
        return error.exit_code
    return 0


class _WithoutPandas(MetaPathFinder):
    """Keeps pyarrow from importing pandas where it is installed: 60 MB, and seconds of CPU, for nothing."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Say that there is no pandas."""
        if name == "pandas":
            raise ModuleNotFoundError("the receiver does without pandas", name=name)


def _end_at_once(failure: threading.ExceptHookArgs) -> None:
    """A thread that ended by a defect would leave senders without answers; whoever started the receiver restarts it."""
    log.critical("a thread failed; the receiver ends", exc_info=failure.exc_value)
    logging.shutdown()
    os._exit(1)


def _keep_memory() -> None:
    """Keep what one commit freed for the next one: giving it back makes the kernel clear the same pages again."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc: malloc.h
        libc.mallopt(-1, KEPT)  # M_TRIM_THRESHOLD
        libc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD, its largest value


def _end_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    os._exit(code)  # a query that still runs must not hold up the end
