"""Users at the edge of a simulated system: who called is called back, without a task that waits."""

from __future__ import annotations

from collections.abc import Callable

from telic.runtime.client.transport import Reply, TransportFailed
from telic.worlds.simulated.links import Exchange

Ended = Callable[[int, bytes, BaseException | None], None]  # status and body, or what went wrong


class Caller:
    """Who waits for one answer; implements `links.Receiver`.

    Attributes
    ----------
    exchange
        What it waits for.
    """

    __slots__ = ("_ended", "exchange")

    def __init__(self, ended: Ended) -> None:
        self._ended: Ended | None = ended
        self.exchange: Exchange | None = None

    def drop(self) -> None:
        """Leave."""
        self._ended = None
        if self.exchange is not None:
            self.exchange.leave()

    def done(self) -> bool:
        """Whether it has an answer, or has left."""
        return self._ended is None

    def set_result(self, reply: Reply, /) -> None:
        """Take the answer."""
        self._tell(reply.status, reply.body, None)

    def set_exception(self, error: TransportFailed, /) -> None:
        """Take note that none comes."""
        self._tell(0, b"", error)

    def _tell(self, status: int, body: bytes, error: BaseException | None) -> None:
        ended, self._ended = self._ended, None
        self.exchange = None  # which knows its caller: neither waits for the garbage collector
        if ended is not None:
            ended(status, body, error)
