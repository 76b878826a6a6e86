"""The proxy's process: follows the supervisor on an inherited socket, and the lab on ``harm.sock``."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import msgspec
import uvloop

from telic.worlds.local import namespace
from telic.worlds.local.proxy.links import Forecast, Links, RouteOrder

_LINE = 1 << 20  # longest message [bytes]


class HarmOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What the lab asks: the weather of an edge, or the end of its connections, or, without an edge, a report."""

    edge: str = ""
    weather: Forecast | None = None
    cut: bool = False


async def serve(control: socket.socket, harm_path: Path) -> None:
    """Relay until the supervisor hangs up."""
    links = Links(asyncio.get_running_loop())
    harm_path.unlink(missing_ok=True)
    os.umask(0o177)
    harm = await asyncio.start_unix_server(lambda reader, writer: _obey(links, reader, writer), harm_path, limit=_LINE)
    reader, writer = await asyncio.open_connection(sock=control, limit=_LINE)
    async with harm:
        while line := await reader.readline():
            try:
                await links.follow(msgspec.json.decode(line, type=list[RouteOrder]))
                writer.write(b"{}\n")
            except OSError as error:
                writer.write(msgspec.json.encode({"error": str(error)}) + b"\n")


async def _obey(links: Links, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while line := await reader.readline():
            writer.write(msgspec.json.encode(_answer(links, line)) + b"\n")
            await writer.drain()
    except OSError:  # the lab has hung up
        return
    finally:
        writer.close()


def _answer(links: Links, line: bytes) -> dict[str, object]:
    try:
        order = msgspec.json.decode(line, type=HarmOrder)
    except msgspec.DecodeError as error:
        return {"error": str(error)}
    if not order.edge:
        return {"links": links.report()}
    if not links.harm(order.edge, order.weather, cut=order.cut):
        return {"error": f"no edge {order.edge!r}"}
    return {}


def main() -> None:
    """``python -m telic.worlds.local.proxy PARENT FD HARM_SOCKET``."""
    namespace.die_with_parent(int(sys.argv[1]))
    control = socket.socket(fileno=int(sys.argv[2]))
    control.setblocking(False)
    uvloop.run(serve(control, Path(sys.argv[3])))


if __name__ == "__main__":
    main()
