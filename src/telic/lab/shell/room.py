"""``python -m telic.lab.shell.room FD``: runs one command in a network of its own in which services answer.

FD holds an `Order`. The process enters the world's user namespace, writes what the command may see into memory that is
mounted for it alone, and makes an empty network with a listener for every service. Bubblewrap carries the command out
in that network, while this process goes on into the world's and carries bytes between the two: a socket belongs to the
network that it was made in, so that the command sees addresses of services and neither proxies nor the receiver, and
has no way to the host. Meanwhile it renews what the command sees of the system's processes. Whatever ends this process
takes everything with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from telic.lab import bubblewrap
from telic.lab.shell.info import info
from telic.lab.shell.tree import Tree, lay
from telic.worlds.local import namespace

HERE = "{here}"
PROCESSES = "proc"  # the folder of `files` that is renewed
MOUNT_POINTS = ("/mnt", "/media", "/srv", "/run")  # that hide nothing that is needed
MEMORY = 64 << 20  # [bytes]
CONNECTIONS = 32  # at the same time [1]
CHUNK = 65_536  # [bytes]
LIMITS = {
    resource.RLIMIT_FSIZE: 32 << 20,
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Parameters
    ----------
    parent
        Whose end is ours.
    world
        A process of the world's namespaces, in our numbering.
    services
        Address and port that the command sees, and the port in the world's network.
    program
        Bubblewrap.
    rooms
        Its arguments; `HERE` in them stands for the folder of `files` and `links`.
    command
        The command's words.
    seconds
        Of processor time [s].
    group
        The cgroup that limits how many processes there are; "" for none.
    files, links
        What is written: texts, and where symbolic links point to, by path.
    caches
        Valkey servers: the file that gets what each says, and its port in the world's network.
    shown
        Title and process id of everybody whose processes are in the folder `PROCESSES`.
    places
        Where folders of this machine are there.
    """

    parent: int
    world: int
    services: Sequence[tuple[str, int, int]]
    program: str
    rooms: Sequence[str]
    command: Sequence[str]
    seconds: int
    group: str
    files: Mapping[str, str]
    links: Mapping[str, str]
    caches: Sequence[tuple[str, int]]
    shown: Sequence[tuple[str, int]]
    places: Mapping[str, str]


def main() -> None:
    """Carry the order out; end as the command ends."""
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        order = Order(**json.load(file))
    namespace.die_with_parent(order.parent)
    if order.group:
        with contextlib.suppress(OSError):  # nothing but time limits a crowd then
            (Path(order.group) / "cgroup.procs").write_text("0")
    users, network = (os.open(f"/proc/{order.world}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in ("user", "net"))
    namespace.enter(users, namespace.NEW_USER)
    namespace.die_with_parent(order.parent)  # another user: the kernel has forgotten it
    namespace.adopt_orphans()
    namespace.enter(network, namespace.NEW_NET)
    here = _folder(order)
    namespace.enter_network()
    listeners = [_listener(address, port) for address, port, _ in order.services]
    child = os.fork()
    if child == 0:
        _become(order, here)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # what goes wrong from here on is not the command's
    threading.Thread(target=_renew, args=(order, here), daemon=True).start()
    namespace.enter(network, namespace.NEW_NET)
    targets = [target for _, _, target in order.services]
    code = asyncio.run(_carry(list(zip(listeners, targets, strict=True)), child))
    os._exit(code if code >= 0 else 128 - code)


def _listener(address: str, port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(CONNECTIONS)
    made.setblocking(False)
    return made


def _folder(order: Order) -> Path:
    """Write files, and what caches say, into memory that only this process and its children have mounted."""
    here = next(path for each in MOUNT_POINTS if (path := Path(each)).is_dir())
    namespace.unshare(namespace.NEW_MOUNT)
    namespace.mount("none", "/", "", namespace.PRIVATE)
    namespace.mount("tmpfs", str(here), "tmpfs", namespace.PLAIN, f"size={MEMORY},mode=755")
    said = {path: info(port) for path, port in order.caches}
    lay(Tree({**order.files, **said}, order.links), here)
    return here


def _renew(order: Order, here: Path) -> None:
    from telic.lab.shell import fresh, processes  # takes 50 ms, which no command has to wait for

    shown = [processes.Shown(title, pid) for title, pid in order.shown]
    fresh.keep(here / PROCESSES, shown, order.places, Tree(order.files, order.links).within(PROCESSES))


def _become(order: Order, here: Path) -> None:
    try:
        namespace.die_with_parent()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and a command inherits
            signal.signal(number, signal.SIG_DFL)
        for kind, most in {**LIMITS, resource.RLIMIT_CPU: order.seconds}.items():
            _, hard = resource.getrlimit(kind)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (least, least))
        rooms = bubblewrap.kept(each.replace(HERE, str(here)) for each in order.rooms)
        os.execv(order.program, ["bwrap", "--args", str(rooms), "--", *order.command])
    except OSError as error:
        os.write(2, f"{order.program}: {error}\n".encode())
    finally:
        os._exit(127)


async def _carry(ways: Sequence[tuple[socket.socket, int]], child: int) -> int:
    """Connect whoever comes with the services until the command ends; return its exit code."""
    room = asyncio.Semaphore(CONNECTIONS)
    for listener, port in ways:
        await asyncio.start_server(lambda reader, writer, port=port: _way(reader, writer, port, room), sock=listener)  # type: ignore[misc]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os.kill, child, signal.SIGKILL)
    return await asyncio.to_thread(_ended, child)


def _ended(child: int) -> int:
    """Wait until a child and everything that it left behind has ended; return the child's exit code."""
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return os.waitstatus_to_exitcode(status)


async def _way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, room: asyncio.Semaphore) -> None:
    async with room:
        try:
            back, there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()  # refused there, reset here
            return
        try:
            await asyncio.gather(_pump(reader, there), _pump(back, writer))
        finally:
            there.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:  # one side has gone, so the other goes
        writer.transport.abort()


if __name__ == "__main__":
    main()
