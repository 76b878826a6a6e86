"""The client chain of one edge: deadline, breaker, retry, timeout, transport; a span for every attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from telic.clock import Clock
from telic.runtime.client.transport import Reply, Transport, TransportFailed
from telic.runtime.context import CURRENT, RequestContext, parent_span
from telic.runtime.failures import BusinessError, DeadlineExceeded, DependencyFailed, Forbidden, Unauthorised
from telic.runtime.policies.breaker import Breaker
from telic.runtime.policies.limit import Deadlines, RowLimit
from telic.runtime.policies.retry import Retrier
from telic.runtime.telemetry.client_spans import ClientSpans
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.wiring import EdgePolicy

T = TypeVar("T")
TRIED = b"telic-tried"  # a reply with this header comes from a callee that has spent retries already
DECIDED = frozenset({200, 400, 401, 403, 404, 422, 429})  # answers that trying again does not change
_ENCODER = msgspec.json.Encoder()


class ErrorBody(msgspec.Struct):
    """What a reply that is no 200 holds."""

    error: str = ""
    message: str = ""


class EdgeClient:
    """Implements `telic.runtime.ports.Client` for one callee."""

    def __init__(
        self,
        callee: str,
        policy: EdgePolicy,
        transport: Transport,
        clock: Clock,
        recorder: Recorder,
        random: Callable[[], float],
    ) -> None:
        self.callee, self.transport = callee, transport
        self._clock, self._random, self._deadlines = clock, random, Deadlines(clock)
        self._spans = ClientSpans(callee, recorder)
        self._decoders: dict[type, msgspec.json.Decoder[object]] = {}
        self.policy = policy
        self._retrier = Retrier(policy.retry, random)
        self._breaker = self._make_breaker(policy)

    def configure(self, policy: EdgePolicy) -> None:
        """Apply another policy; what did not change keeps its state."""
        old, self.policy = self.policy, policy
        if old.retry != policy.retry:
            self._retrier = Retrier(policy.retry, self._random)
        if old.breaker != policy.breaker:
            self._breaker = self._make_breaker(policy)

    def _make_breaker(self, policy: EdgePolicy) -> Breaker | None:
        return None if policy.breaker is None else Breaker(policy.breaker, self._clock)

    async def call(
        self, operation: str, request: object, reply: type[T], *, idempotent: bool = False, idempotency_key: str = ""
    ) -> T:
        """Call `operation`; see `telic.runtime.ports.Client`."""
        attempt = _Call(self, operation, _ENCODER.encode(request), idempotent or bool(idempotency_key), idempotency_key)
        if self._breaker is None:
            answer = await attempt.run()
        else:
            answer = await self._guarded(self._breaker, attempt)
        return self._decode(operation, answer, reply)

    async def _guarded(self, breaker: Breaker, attempt: _Call) -> Reply:
        ticket = breaker.admit()
        if ticket is None:
            attempt.record_refused("breaker_open")
            raise DependencyFailed(f"{self.callee} is not called for now", peer=self.callee, error_type="breaker_open")
        try:
            answer = await attempt.run()
        except (DependencyFailed, DeadlineExceeded):
            breaker.record(ticket, ok=False)
            raise
        except BaseException:
            breaker.release(ticket)
            raise
        breaker.record(ticket, ok=True)
        return answer

    def _decode(self, operation: str, answer: Reply, reply: type[T]) -> T:
        if answer.status == 200:
            decoder = self._decoders.get(reply)
            if decoder is None:
                decoder = self._decoders[reply] = msgspec.json.Decoder(reply)
            try:
                return decoder.decode(answer.body)  # type: ignore[return-value]
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                message = f"{self.callee}.{operation} answered what is no {reply.__name__}: {error}"
                raise DependencyFailed(message, peer=self.callee, error_type="malformed_reply") from error
        body = _error_body(answer.body)
        if answer.status == 422:
            raise BusinessError(body.error, body.message)
        if answer.status == 401:
            raise Unauthorised(body.message)
        if answer.status == 403:
            raise Forbidden(body.message)
        message = f"{self.callee}.{operation} answered {answer.status} {body.message}"
        raise DependencyFailed(message, peer=self.callee, error_type=str(answer.status))


class _Call:
    """One call with all its attempts."""

    __slots__ = ("_body", "_client", "_context", "_key", "_operation", "_parent", "_safe")

    def __init__(self, client: EdgeClient, operation: str, body: bytes, safe: bool, key: str) -> None:
        self._client, self._operation, self._body, self._safe, self._key = client, operation, body, safe, key
        self._context: RequestContext | None = CURRENT.get()
        self._parent = parent_span()

    async def run(self) -> Reply:
        """Try until there is an answer or the policy gives up."""
        client, attempt = self._client, 0
        client._retrier.begin()
        while True:
            attempt += 1
            failure, answer = await self._try(attempt)
            if answer is not None and answer.status in DECIDED:
                return answer
            tried = answer is not None and TRIED in answer.headers
            wait = client._retrier.again(attempt, failure, safe=self._safe, tried_below=tried)
            if wait is None or self._too_late(wait):
                raise self._verdict(failure, answer, retried=attempt > 1 or tried)
            client._spans.retries.value += 1
            await client._clock.sleep(wait)

    def record_refused(self, error_type: str) -> None:
        """Record that the call was not even tried."""
        spans = self._client._spans
        span = spans.begin(self._parent)
        spans.end(span, self._operation, self._client.transport.address, 0, error_type, 0)

    async def _try(self, attempt: int) -> tuple[str, Reply | None]:
        """Return the attempt's error type (empty for none) and the reply, if there was one."""
        client, context = self._client, self._context
        left = context.remaining() if context is not None and client.policy.deadline else None
        if left is not None and left <= 0:
            self.record_refused("deadline_exceeded")
            raise DeadlineExceeded(f"no time left to call {client.callee}.{self._operation}")
        by_deadline = left is not None and left < client.policy.timeout
        seconds = left if by_deadline else client.policy.timeout
        spans, address = client._spans, client.transport.address
        span = spans.begin(self._parent)
        status, error_type = 0, "cancelled"
        try:
            with RowLimit(client._deadlines, seconds):
                headers = self._headers(span.traceparent, left)
                answer = await client.transport.send("/" + self._operation, headers, self._body, repeatable=self._safe)
            status = answer.status
            error_type = str(status) if status >= 400 and status != 422 else ""
            return error_type, answer
        except TimeoutError:
            error_type = "deadline_exceeded" if by_deadline else "timeout"
            return error_type, None
        except TransportFailed as failed:
            error_type = failed.error_type
            return error_type, None
        except asyncio.CancelledError:
            left = self._left()
            error_type = "deadline_exceeded" if left is not None and left <= 0.001 else "cancelled"
            raise
        finally:
            spans.end(span, self._operation, address, status, error_type, attempt - 1)

    def _headers(self, traceparent: str, left: float | None) -> dict[bytes, str]:
        headers: dict[bytes, str] = {}
        if traceparent:
            headers[b"traceparent"] = traceparent
        if left is not None:
            headers[b"telic-deadline"] = f"{left:.4f}"
        if self._key:
            headers[b"idempotency-key"] = self._key
        if self._context is not None and self._context.authorization:
            headers[b"authorization"] = self._context.authorization
        return headers

    def _left(self) -> float | None:
        if self._context is None or not self._client.policy.deadline:
            return None
        return self._context.remaining()

    def _too_late(self, wait: float) -> bool:
        left = self._left()
        return left is not None and left <= wait

    def _verdict(self, failure: str, answer: Reply | None, *, retried: bool) -> Exception:
        what = f"{self._client.callee}.{self._operation}"
        if failure in ("deadline_exceeded", "504"):
            return DeadlineExceeded(f"{what} did not answer in time")
        said = f": {_error_body(answer.body).message}" if answer is not None else ""
        failed = DependencyFailed(f"{what} failed ({failure}){said}", peer=self._client.callee, error_type=failure)
        failed.tried = retried
        return failed


def _error_body(body: bytes) -> ErrorBody:
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ErrorBody(message=body[:200].decode(errors="replace"))
