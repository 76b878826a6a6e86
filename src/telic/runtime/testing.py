"""Ports in memory, for the unit tests of a service: no sockets, virtual time, the same ids every run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from telic.clock import VirtualClock
from telic.errors import UsageError
from telic.runtime.context import RequestContext
from telic.runtime.ports import Cache, Client, Database, Queue, Scalar
from telic.runtime.tokens import HmacTokens

T = TypeVar("T")


def request_context(
    operation: str = "test", *, subject: str = "", idempotency_key: str = "", clock: VirtualClock | None = None
) -> RequestContext:
    """Return what a handler gets as its second argument."""
    return RequestContext(operation, clock or VirtualClock(), subject=subject, idempotency_key=idempotency_key)


class MemoryClient:
    """A callee with fixed replies: a value to return, or an exception to raise, by operation."""

    def __init__(self, replies: Mapping[str, object]) -> None:
        self.replies = dict(replies)
        self.calls: list[tuple[str, object]] = []

    async def call(
        self, operation: str, request: object, reply: type[T], *, idempotent: bool = False, idempotency_key: str = ""
    ) -> T:
        """Return or raise what `replies` says."""
        self.calls.append((operation, request))
        answer = self.replies[operation]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, reply):
            raise UsageError(f"{operation} is expected to reply {reply.__name__}", hint="fix the test's replies")
        return answer


class MemoryQueue:
    """Keeps what is sent: subject, message and id."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object, str]] = []

    async def publish(self, subject: str, message: object, *, message_id: str) -> None:
        """Keep it."""
        self.sent.append((subject, message, message_id))


class DirectBackground:
    """Runs blocking work at once."""

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Return ``work(*args)``."""
        return work(*args)


class CountedIds:
    """Identifiers in order."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, prefix: str = "") -> str:
        """Return `prefix` and a running number."""
        self._count += 1
        return f"{prefix}{self._count:020d}"


class InMemoryRuntime:
    """A runtime for tests; give it the database, cache and clients that the test needs."""

    def __init__(
        self,
        *,
        database: Database | None = None,
        cache: Cache | None = None,
        clients: Mapping[str, Client] | None = None,
        settings: Mapping[str, Scalar] | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.background = DirectBackground()
        self.ids = CountedIds()
        self.tokens = HmacTokens(b"test key", self.clock)
        self.log = logging.getLogger("telic.test")
        self.settings: Mapping[str, Scalar] = settings or {}
        self._database, self._cache, self._clients = database, cache, dict(clients or {})
        self._queue = MemoryQueue()

    def database(self) -> Database:
        """Return the database that the test gave."""
        if self._database is None:
            raise UsageError("this test gave no database", hint="InMemoryRuntime(database=...)")
        return self._database

    def cache(self) -> Cache | None:
        """Return the cache that the test gave, or None."""
        return self._cache

    def queue(self) -> Queue:
        """Return a queue that keeps what is sent."""
        return self._queue

    def client(self, service: str) -> Client:
        """Return the client that the test gave for `service`."""
        return self._clients.setdefault(service, MemoryClient({}))
