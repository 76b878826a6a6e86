"""What travels with a request: deadline, who asks, idempotency key; and the trace it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

from telic.clock import Clock
from telic.runtime.failures import Unauthorised


class SpanContext(NamedTuple):
    """Where in which trace something happens."""

    trace_id: str  # 32 hexadecimal digits
    span_id: str  # 16 hexadecimal digits


class RequestContext:
    """The second argument of every handler.

    Attributes
    ----------
    operation
        Which operation was asked for.
    subject
        Who asks, from a token that holds; ``""`` without one.
    idempotency_key
        The caller's key; ``""`` without one.
    deadline
        When the answer is no longer wanted, on the clock's monotonic scale [s]; None without one.
    authorization
        The header as received, passed on to callees.
    """

    __slots__ = ("authorization", "clock", "deadline", "idempotency_key", "operation", "subject")

    def __init__(
        self,
        operation: str,
        clock: Clock,
        *,
        subject: str = "",
        idempotency_key: str = "",
        deadline: float | None = None,
        authorization: str = "",
    ) -> None:
        self.operation, self.clock = operation, clock
        self.subject, self.idempotency_key = subject, idempotency_key
        self.deadline, self.authorization = deadline, authorization

    def remaining(self) -> float | None:
        """Return the time until the deadline [s], or None without one."""
        return None if self.deadline is None else self.deadline - self.clock.monotonic()

    def require_subject(self) -> str:
        """Return who asks; raise `Unauthorised` when nobody proved to be anybody."""
        if not self.subject:
            raise Unauthorised("no valid token", hint="send 'authorization: Bearer <token>' from the login reply")
        return self.subject


CURRENT: ContextVar[RequestContext | None] = ContextVar("telic_request", default=None)
SPAN: ContextVar[SpanContext | None] = ContextVar("telic_span", default=None)


def current_request() -> RequestContext | None:
    """Return the request that the running code serves, or None in a job."""
    return CURRENT.get()


_LOOKUP: list[Callable[[], SpanContext | None]] = [SPAN.get]


def parent_span() -> SpanContext | None:
    """Return the span that what happens now belongs to, or None."""
    return _LOOKUP[0]()


def set_span_lookup(lookup: Callable[[], SpanContext | None]) -> None:
    """Let `lookup` decide what the current span is; for bridges to other tracing libraries."""
    _LOOKUP[0] = lookup
