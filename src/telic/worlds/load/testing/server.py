"""The model system behind a real socket, with the ways in which servers go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

import msgspec

from telic.worlds.load.testing.system import ModelSystem, Reply

Answering = Callable[[str, Reply], "Reply | bytes | None"]
"""Turns the right answer to an operation into another one, into raw bytes after which the connection closes,
or into silence (None)."""


class Server:
    """Serves a `ModelSystem` over HTTP/1.1 on loopback.

    Attributes
    ----------
    answering
        What becomes of right answers; set it at any time.
    close_after
        Close each connection after so many answers [1]; 0 keeps it.
    connections
        How many were accepted [1].
    """

    def __init__(self, system: ModelSystem) -> None:
        self.system = system
        self.answering: Answering = lambda operation, reply: reply
        self.close_after, self.connections = 0, 0
        self.asked = asyncio.Semaphore(0)  # released by each request
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for each in self._serving:
            each.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            served = 0
            while await self._one(reader, writer):
                served += 1
                if served == self.close_after:
                    break
            writer.close()
            await writer.wait_closed()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away
        finally:
            writer.transport.abort()
            self._serving.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        body = msgspec.json.decode(await reader.readexactly(int(headers["content-length"])))
        operation = first.split()[1].removeprefix("/")
        token = headers.get("authorization", "").removeprefix("Bearer ")
        right = self.system.answer(operation, body, token=token, key=headers.get("idempotency-key", ""))
        self.asked.release()
        given = self.answering(operation, right)
        if given is None:
            await reader.read()  # until the client closes
            return False
        if isinstance(given, bytes):
            writer.write(given)
            return False
        text = msgspec.json.encode(given.body)
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%b" % (given.status, len(text), text))
        return True
