"""What a service is made of: operations, jobs, and what happens at start and stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from telic.errors import UsageError
from telic.runtime.context import RequestContext

In = TypeVar("In")
Out = TypeVar("Out")
Hook = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Operation(Generic[In, Out]):
    """One thing a service can be asked to do: ``POST /<name>`` with JSON in and out.

    Examples
    --------
    >>> async def hello(request: str, context: RequestContext) -> str:
    ...     return f"hello {request}"
    >>> Operation("hello", str, str, hello, read=True).errors
    ()
    """

    name: str
    request: type[In]
    reply: type[Out]
    handler: Callable[[In, RequestContext], Awaitable[Out]]
    mutating: bool = False  # changes a store; repeats are answered from the record of idempotency keys
    idempotent: bool = True  # doing it twice is doing it once
    errors: tuple[str, ...] = ()  # names of business errors it may raise
    read: bool = False  # also ``GET /<name>?a=b``, and may be cached
    auth: bool = False  # needs a bearer token that holds

    def __post_init__(self) -> None:
        if self.read and self.mutating:
            raise UsageError(f"operation {self.name} is both read and mutating", hint="drop one of the two")


@dataclass(frozen=True)
class Job:
    """Work on a schedule, such as letting holds expire; a failing run is logged and the next one happens."""

    name: str
    every: float  # [s] from the end of one run to the start of the next
    run: Hook


@dataclass(frozen=True)
class Application:
    """A service, ready to be served in a real or a simulated world."""

    service: str
    operations: tuple[Operation[Any, Any], ...] = field(default_factory=tuple)
    jobs: tuple[Job, ...] = ()
    consumes: tuple[str, ...] = ()  # operations that are also asked for through the queue, by subjects of their names
    on_start: tuple[Hook, ...] = ()
    on_stop: tuple[Hook, ...] = ()
    idempotency_table: str = ""  # "booking.idempotency": where answers to idempotency keys are kept; "" is memory

    def table(self) -> Mapping[str, Operation[Any, Any]]:
        """Return the operations by name; refuse two of one name."""
        found: dict[str, Operation[Any, Any]] = {}
        for each in self.operations:
            if each.name in found:
                raise UsageError(f"{self.service} has two operations {each.name}", hint="rename one of them")
            found[each.name] = each
        return found
