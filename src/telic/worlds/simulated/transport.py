"""What the client chains of a simulated instance send through."""

from __future__ import annotations

import asyncio
from typing import Protocol

from telic.runtime.client.transport import Headers, Reply, TransportFailed
from telic.runtime.server.messages import Request
from telic.worlds.simulated.network import Network

KNOWN = ("127.0.0.1", "localhost")  # names that resolve; what does not fails as in the live transport


class Gate(Protocol):
    """What lets a process act: it does not while it is stopped."""

    closed: bool

    async def passed(self) -> None:
        """Wait until the process runs."""
        ...


class LinkTransport:
    """Implements `telic.runtime.client.transport.Transport` over the simulated network."""

    def __init__(self, network: Network, gate: Gate, address: tuple[str, int]) -> None:
        self._network, self._gate, self.address = network, gate, address

    async def send(self, path: str, headers: Headers, body: bytes, *, repeatable: bool) -> Reply:
        """POST `body`; raise `TransportFailed` where no answer comes."""
        if self._gate.closed:
            await self._gate.passed()
        if self.address[0] not in KNOWN:
            raise TransportFailed("connection_reset", unsent=True)
        answered: asyncio.Future[Reply] = asyncio.Future(loop=self._network.loop)
        exchange = self._network.begin(self.address[1], Request("POST", path, "", headers, body), answered)
        try:
            reply = await answered
        except asyncio.CancelledError:
            exchange.leave()
            raise
        if self._gate.closed:
            await self._gate.passed()
        return reply

    def move(self, address: tuple[str, int]) -> None:
        """Send to another address from now on."""
        self.address = address

    def close(self) -> None:
        """Nothing is kept open."""
