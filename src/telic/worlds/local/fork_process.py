"""The supervisor's side of the fork server: asks it for services and hears of their ends."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from telic.errors import WorldError
from telic.worlds.local.forkserver import MESSAGE_BYTES
from telic.worlds.local.layout import Layout
from telic.worlds.local.processes import Child, Children, python

_FORK_WITHIN = 10.0  # includes a restart of the fork server [s]


@dataclass(frozen=True)
class ForkOrder:
    """One service process to start."""

    service: str
    instance: str
    release: Path
    config: Path
    log: Path


class ForkProcess:
    """Starts the fork server; `fork` waits for it when it is being restarted."""

    def __init__(self, children: Children, layout: Layout, serve: str) -> None:
        self._children, self._layout, self._serve = children, layout, serve
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._forked: set[int] = set()
        self._socket: socket.socket | None = None
        self._ready = asyncio.Event()

    async def start(self) -> Child:
        """Start the process; it is ready when it has imported what services share."""
        self._drop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = python("telic.worlds.local.forkserver", str(os.getpid()), str(theirs.fileno()), self._serve)
        with theirs:
            child = await self._children.start(command, log=self._layout.log("forkserver"), fds=(theirs.fileno(),))
        ours.setblocking(False)
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours, self._hear, ours)
        return child

    async def is_ready(self) -> bool:
        """Whether it can fork now."""
        return self._ready.is_set()

    async def fork(self, order: ForkOrder) -> Child:
        """Start a service.

        Raises
        ------
        WorldError
            The fork server is not there within 10 s, or ended meanwhile.
        """
        try:
            async with asyncio.timeout(_FORK_WITHIN):
                await self._ready.wait()
                return self._children.watch(await self._ask(order))
        except TimeoutError as error:
            raise WorldError(
                f"no fork server for {order.instance}", hint=f"see {self._layout.log('forkserver')}"
            ) from error

    async def _ask(self, order: ForkOrder) -> int:
        if self._socket is None:
            raise WorldError(f"no fork server for {order.instance}", hint=f"see {self._layout.log('forkserver')}")
        number = next(self._ids)
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        fields = {name: str(value) for name, value in vars(order).items()}
        await asyncio.get_running_loop().sock_sendall(self._socket, json.dumps({"id": number, **fields}).encode())
        return await answer

    def _hear(self, ours: socket.socket) -> None:
        try:
            message = ours.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._drop()
            return
        said = json.loads(message)
        if "ready" in said:
            self._ready.set()
        elif "exit" in said:
            self._forked.discard(said["exit"])
            self._children.ended(said["exit"], said["code"])
        elif (answer := self._answers.pop(said["id"], None)) is not None and not answer.done():
            self._forked.add(said["pid"])
            answer.set_result(said["pid"])

    def _drop(self) -> None:
        """The fork server has gone, and the kernel has killed its services with it."""
        self._ready.clear()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for pid in self._forked:
            self._children.ended(pid, -9)
        self._forked.clear()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(WorldError("the fork server ended", hint=f"see {self._layout.log('forkserver')}"))
        self._answers.clear()
