"""The seams between a service and its world: stores, callees, clock, blocking work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from telic.clock import Clock
from telic.runtime.statements import Statement

T = TypeVar("T")
Scalar = str | int | float | bool


class Row(Protocol):
    """One row of a result; ``Hotel(**row)`` works."""

    def __getitem__(self, name: str, /) -> Any: ...

    def keys(self) -> Iterator[str]:
        """Return the columns' names."""
        ...


class Queries(Protocol):
    """What one can ask a database, in a transaction or outside."""

    async def fetch(self, statement: Statement, *args: object) -> list[Row]:
        """Return all rows of `statement`."""
        ...

    async def fetch_one(self, statement: Statement, *args: object) -> Row | None:
        """Return the first row of `statement`, or None."""
        ...

    async def execute(self, statement: Statement, *args: object) -> int:
        """Run `statement`; return how many rows it touched [1]."""
        ...


class Database(Queries, Protocol):
    """A service's own schema in a relational store. Failures raise `DependencyFailed` with the SQLSTATE."""

    def transaction(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""
        ...


class Cache(Protocol):
    """A look-aside cache; when it is down, `get` finds nothing and `set` does nothing."""

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None."""
        ...

    async def set(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep `value` for `ttl` [s]."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`."""
        ...


class Queue(Protocol):
    """Messages that are kept until somebody has done what they ask for. Failures raise `DependencyFailed`."""

    async def publish(self, subject: str, message: object, *, message_id: str) -> None:
        """Have a message kept; when this returns it outlives everybody.

        Parameters
        ----------
        subject
            The operation that is asked for.
        message
            Its request, a msgspec Struct.
        message_id
            A message of the same id is kept once; whoever does it gets the id as idempotency key.
        """
        ...


class Client(Protocol):
    """A callee, behind the edge's policies."""

    async def call(
        self, operation: str, request: object, reply: type[T], *, idempotent: bool = False, idempotency_key: str = ""
    ) -> T:
        """Call an operation of the callee.

        Deadline, authorization and trace of the request being served go along.

        Parameters
        ----------
        operation
            Its name.
        request
            A msgspec Struct.
        reply
            What the answer is decoded into.
        idempotent
            May be tried again as it is.
        idempotency_key
            Makes a mutating call safe to try again.

        Raises
        ------
        BusinessError
            The callee's own (422).
        DependencyFailed, DeadlineExceeded, Unauthorised, Forbidden
            What the caller's server shell turns into 503, 504, 401, 403.
        """
        ...


class Background(Protocol):
    """Blocking work beside the event loop, with a capacity of its own."""

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run ``work(*args)`` in a thread; raise `Overloaded` when too much waits already."""
        ...


class Tokens(Protocol):
    """Bearer tokens."""

    def issue(self, subject: str, *, ttl: float = 86400.0) -> str:
        """Return a token that proves to be `subject` for `ttl` [s]."""
        ...

    def verify(self, token: str) -> str:
        """Return the subject; raise `Unauthorised` when forged or expired."""
        ...


class Ids(Protocol):
    """New identifiers."""

    def new(self, prefix: str = "") -> str:
        """Return an identifier that nobody else has: `prefix` and 20 characters."""
        ...


class Runtime(Protocol):
    """What ``build(runtime)`` gets; a real process and a simulated world give the same."""

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        ...

    @property
    def background(self) -> Background:
        """Where blocking work goes."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The system's bearer tokens."""
        ...

    @property
    def ids(self) -> Ids:
        """Where new identifiers come from."""
        ...

    @property
    def log(self) -> logging.Logger:
        """The service's log; trace ids are attached."""
        ...

    @property
    def settings(self) -> Mapping[str, Scalar]:
        """The settings in force now; they change while the service runs."""
        ...

    def database(self) -> Database:
        """Return the service's PostgreSQL."""
        ...

    def cache(self) -> Cache | None:
        """Return the system's Valkey, or None where the design has none."""
        ...

    def queue(self) -> Queue:
        """Return the system's queue."""
        ...

    def client(self, service: str) -> Client:
        """Return the client of another service of the system."""
        ...
