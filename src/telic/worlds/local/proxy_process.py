"""The supervisor's side of the proxy: starts it and tells it every route, again after each restart."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Sequence

import msgspec

from telic.errors import WorldError
from telic.worlds.local.layout import Layout
from telic.worlds.local.processes import Child, Children, python
from telic.worlds.local.proxy.links import RouteOrder

_WITHIN = 5.0  # an answer [s]


class ProxyProcess:
    """Knows all routes; the running proxy is told about each change.

    Parameters
    ----------
    gateway_fd
        Listening socket of the host on which users arrive.
    """

    def __init__(self, children: Children, layout: Layout, gateway_fd: int) -> None:
        self._children, self._layout, self._gateway_fd = children, layout, gateway_fd
        self._routes: dict[str, RouteOrder] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._turn = asyncio.Lock()
        self.ready = False

    async def start(self) -> Child:
        """Start the process and give it the routes."""
        self.ready = False
        ours, theirs = socket.socketpair()
        command = python("telic.worlds.local.proxy", str(os.getpid()), str(theirs.fileno()), str(self._layout.harm))
        with theirs:
            child = await self._children.start(
                command, log=self._layout.log("proxy"), fds=(theirs.fileno(), self._gateway_fd)
            )
        ours.setblocking(False)
        if self._writer is not None:
            self._writer.close()
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            await self._tell()
        except WorldError:
            child.send(signal.SIGKILL)
            raise
        self.ready = True
        return child

    async def is_ready(self) -> bool:
        """Whether it has been told its routes and still runs."""
        return self.ready

    async def follow(self, routes: Sequence[RouteOrder]) -> None:
        """Change routes; the proxy follows before this returns, or gets them when it is back."""
        self._routes.update({each.edge: each for each in routes})
        if self.ready:
            await self._tell()

    async def forget(self, edges: Sequence[str]) -> None:
        """Close the links of edges that are no more."""
        for edge in edges:
            self._routes.pop(edge, None)
        if self.ready:
            await self._tell()

    async def _tell(self) -> None:
        async with self._turn:
            if self._writer is None or self._reader is None:
                return
            try:
                async with asyncio.timeout(_WITHIN):
                    self._writer.write(msgspec.json.encode(list(self._routes.values())) + b"\n")
                    answer = await self._reader.readline()
            except (OSError, TimeoutError) as error:
                self.ready = False
                raise WorldError(f"the proxy does not follow: {error or 'no answer'}", hint=self._hint) from error
        if not answer:
            self.ready = False
            raise WorldError("the proxy ended while it was told its routes", hint=self._hint)
        if problem := msgspec.json.decode(answer).get("error"):
            raise WorldError(f"the proxy cannot listen: {problem}", hint=self._hint)

    @property
    def _hint(self) -> str:
        return f"see {self._layout.log('proxy')}"
