"""What the client chains of a simulated instance send through."""

from __future__ import annotations

import asyncio
from typing import Protocol

from telic.clock import Clock
from telic.runtime import tls
from telic.runtime.client.transport import Headers, Reply, TransportFailed
from telic.runtime.server.messages import Request
from telic.worlds.simulated.network import TRAVEL, Network

KNOWN = ("127.0.0.1", "localhost")  # names that resolve; what does not fails as in the live transport


class Gate(Protocol):
    """What lets a process act: it does not while it is stopped."""

    closed: bool

    async def passed(self) -> None:
        """Wait until the process runs."""
        ...


class LinkTransport:
    """Implements `telic.runtime.client.transport.Transport` over the simulated network.

    Of TLS only the outcome of the handshake is there, at every call: nothing is encrypted, and it costs no time.

    Parameters
    ----------
    callee
        Who is to be at the address.
    """

    def __init__(
        self,
        network: Network,
        gate: Gate,
        callee: str,
        address: tuple[str, int],
        peer: tls.Peer | None,
        clock: Clock,
    ) -> None:
        self._network, self._gate, self.address = network, gate, address
        self._callee, self._peer, self._clock = callee, peer, clock

    async def send(self, path: str, headers: Headers, body: bytes, *, repeatable: bool) -> Reply:
        """POST `body`; raise `TransportFailed` where no answer comes."""
        if self._gate.closed:
            await self._gate.passed()
        if self.address[0] not in KNOWN:
            raise TransportFailed("connection_reset", unsent=True)
        if (self._peer is not None or self._network.certificates) and (refused := self._refused()):
            await asyncio.sleep(TRAVEL)
            raise TransportFailed(refused, unsent=True)
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

    def move(self, address: tuple[str, int], peer: tls.Peer | None = None) -> None:
        """Send to another address, or to another peer, from now on."""
        self.address, self._peer = address, peer

    def close(self) -> None:
        """Nothing is kept open."""

    def _refused(self) -> str:
        """Return as which error the handshake ends; "" where none is needed, or all is well."""
        until = self._network.certificates.get(self._callee)
        if self._peer is None:
            return "" if until is None else "connection_reset"  # a server of TLS takes no plain request
        if until is None:
            return tls.FAILED
        return tls.EXPIRED if until < self._clock.time() else ""
