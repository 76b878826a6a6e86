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
MALFORMED = "malformed_reply"  # error type of an answer that is none of what was asked for
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
        safe = idempotent or bool(idempotency_key)
        attempt = _Call(self, operation, _ENCODER.encode(request), safe, idempotency_key, self._decoder(reply))
        if self._breaker is None:
            answer = await attempt.run()
        else:
            answer = await self._guarded(self._breaker, attempt)
        if answer.status == 200 and attempt.malformed is None:
            return attempt.reply  # type: ignore[return-value]
        raise self._error(attempt, answer, reply)

    def _decoder(self, reply: type) -> msgspec.json.Decoder[object]:
        decoder = self._decoders.get(reply)
        if decoder is None:
            decoder = self._decoders[reply] = msgspec.json.Decoder(reply)
        return decoder

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

    def _error(self, attempt: _Call, answer: Reply, reply: type) -> Exception:
        what = f"{self.callee}.{attempt.operation}"
        if answer.status == 200:
            message = f"{what} answered what is no {reply.__name__}: {attempt.malformed}"
            failed = DependencyFailed(message, peer=self.callee, error_type=MALFORMED)
            failed.__cause__ = attempt.malformed
            return failed
        body = _error_body(answer.body)
        if answer.status == 422:
            return BusinessError(body.error, body.message)
        if answer.status == 401:
            return Unauthorised(body.message)
        if answer.status == 403:
            return Forbidden(body.message)
        return DependencyFailed(
            f"{what} answered {answer.status} {body.message}", peer=self.callee, error_type=str(answer.status)
        )


class _Call:
    """One call with all its attempts."""

    __slots__ = (
        "_body", "_client", "_context", "_decoder", "_key", "_parent", "_safe", "malformed", "operation", "reply",
    )  # fmt: skip

    def __init__(
        self,
        client: EdgeClient,
        operation: str,
        body: bytes,
        safe: bool,
        key: str,
        decoder: msgspec.json.Decoder[object],
    ) -> None:
        self._client, self.operation, self._body, self._safe, self._key = client, operation, body, safe, key
        self._decoder = decoder
        self.reply: object = None
        self.malformed: Exception | None = None  # why the last answer cannot be read
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
        spans.end(span, self.operation, self._client.transport.address, 0, error_type, 0)

    async def _try(self, attempt: int) -> tuple[str, Reply | None]:
        """Return the attempt's error type (empty for none) and the reply, if there was one."""
        client, context = self._client, self._context
        left = context.remaining() if context is not None and client.policy.deadline else None
        if left is not None and left <= 0:
            self.record_refused("deadline_exceeded")
            raise DeadlineExceeded(f"no time left to call {client.callee}.{self.operation}")
        by_deadline = left is not None and left < client.policy.timeout
        seconds = left if by_deadline else client.policy.timeout
        spans, address = client._spans, client.transport.address
        span = spans.begin(self._parent)
        status, error_type = 0, "cancelled"
        try:
            with RowLimit(client._deadlines, seconds):
                headers = self._headers(span.traceparent, left)
                answer = await client.transport.send("/" + self.operation, headers, self._body, repeatable=self._safe)
            status = answer.status
            error_type = self._read(answer) if status == 200 else str(status) if status >= 400 and status != 422 else ""
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
            spans.end(span, self.operation, address, status, error_type, attempt - 1)

    def _read(self, answer: Reply) -> str:
        """Keep what an answer says; return the error type of one that cannot be read."""
        try:
            self.reply, self.malformed = self._decoder.decode(answer.body), None
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            self.malformed = error
            return MALFORMED
        return ""

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
        what = f"{self._client.callee}.{self.operation}"
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
