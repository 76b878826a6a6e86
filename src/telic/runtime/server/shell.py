"""The server chain of one instance: deadline check, cache, admission, dedupe, handler; one span a request."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telic.clock import Clock
from telic.runtime.application import Application
from telic.runtime.context import CURRENT, SPAN, RequestContext, SpanContext
from telic.runtime.failures import BusinessError, DeadlineExceeded, Malformed, Overloaded, Unauthorised
from telic.runtime.policies.admission import Admission
from telic.runtime.policies.cache import ReadThrough
from telic.runtime.policies.dedupe import Answer, Dedupe
from telic.runtime.policies.limit import Deadlines, RowLimit
from telic.runtime.policies.quota import Quota
from telic.runtime.ports import Tokens
from telic.runtime.server import outcome
from telic.runtime.server.messages import Request, Response, error
from telic.runtime.server.outcome import Outcome
from telic.runtime.server.route import Route, encode
from telic.runtime.telemetry.logs import exception_attributes
from telic.runtime.telemetry.recorder import Recorder, parse_traceparent
from telic.runtime.telemetry.shapes import span_event

DEADLINE = 3.0  # of requests that bring none; users have gone by then [s]
_new = tuple.__new__  # half the time of a named tuple's own constructor
MOST_KEY = 200  # characters of an idempotency key [1]


@dataclass
class Chain:
    """The mechanisms in force at one node; replaced or configured when the configuration changes."""

    admission: Admission
    dedupe: Dedupe | None = None
    cache: ReadThrough | None = None
    cache_prefix: str = ""
    deadline: float = DEADLINE  # [s]
    cancel: bool = True  # a caller that leaves cancels its work
    shed: float = 0.0  # share of requests refused at the door [1]
    quota: Quota = field(default_factory=Quota)  # of requests a second
    off: frozenset[str] = frozenset()  # operations whose flag is off


class Shell:
    """Serves an application; what carries the requests does not matter."""

    def __init__(
        self,
        application: Application,
        chain: Chain,
        *,
        clock: Clock,
        tokens: Tokens,
        recorder: Recorder,
        log: logging.Logger,
        system: Callable[[Request], Awaitable[Response]] | None = None,
    ) -> None:
        self.chain = chain
        self._clock, self._tokens, self._recorder, self.log = clock, tokens, recorder, log
        self._deadlines = Deadlines(clock)
        self._routes = {f"/{name}": Route(each, recorder.metrics) for name, each in application.table().items()}
        self._system = system
        self._shed_due = 0.0  # refusals that are due but not made yet [1]
        self._going_on: dict[asyncio.Task[Response], None] = {}  # work whose caller may have left

    def close(self) -> None:
        """Cancel the work that went on without its caller."""
        for each in tuple(self._going_on):
            each.cancel()

    def handle(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Return the response to `request`, whatever happens; only cancellation gets out.

        Cancelling it cancels the work, unless the node's policy says ``cancel: false``.
        """
        return self._handle(request) if self.chain.cancel else self._handle_for_nobody(request)

    async def _handle_for_nobody(self, request: Request) -> Response:
        work = asyncio.ensure_future(self._handle(request))
        self._going_on[work] = None
        work.add_done_callback(self._going_on.pop)
        return await asyncio.shield(work)

    async def _handle(self, request: Request) -> Response:
        route = self._routes.get(request.path)
        if route is None:
            if self._system is not None and request.path.startswith("/-/"):
                return await self._system(request)
            return error(404, "no_such_operation", f"no operation {request.path}")
        if request.method != "POST" and not (request.method == "GET" and route.operation.read):
            return error(405, "method", f"{request.path} takes POST", b"allow: POST\r\n")
        recorder = self._recorder
        if not recorder.enabled:
            return (await self._outcome(route, request)).response
        start, parent = recorder.now(), request.headers.get(b"traceparent")
        remote = parse_traceparent(parent) if parent else None
        trace_id, parent_id = remote or (recorder.trace_id(), "")
        span_id = recorder.span_id()
        SPAN.set(_new(SpanContext, (trace_id, span_id)))
        events: list[bytes] = []
        status, error_type, business_error = 499, "cancelled", ""
        try:
            found = await self._outcome(route, request, events)
            status, error_type, business_error = found.response.status, found.error_type, found.business_error
            return found.response
        finally:
            shape = route.shape(request.method, status, error_type, business_error)
            recorder.span(shape, trace_id, span_id, parent_id, start, recorder.now(), events[0] if events else b"")

    async def _outcome(self, route: Route, request: Request, events: list[bytes] | None = None) -> Outcome:
        try:
            if self.chain.off and route.operation.name in self.chain.off:
                return Outcome(error(503, "switched_off", f"{route.operation.name} is switched off"), "switched_off")
            if self.chain.quota.rate > 0 and not self.chain.quota.take(self._clock.monotonic()):
                self.chain.admission.refused += 1
                raise Overloaded(f"more than {self.chain.quota.rate:g} requests a second")
            if self.chain.shed > 0:
                self._shed()
            context = self._context(route, request)
            CURRENT.set(context)
            asked = route.decode_query(request.query) if request.method == "GET" else route.decode(request.body)
            chain = self.chain
            with RowLimit(self._deadlines, context.remaining()):
                if chain.cache is None and not (context.idempotency_key and route.operation.mutating):
                    return Outcome(Response(200, await self._admitted(route, context, asked)))
                return await self._answer(route, context, asked)
        except TimeoutError:
            late = DeadlineExceeded(f"{route.operation.name} was not done in time")
            return outcome.of_failure(late)
        except outcome.KNOWN as failure:
            if isinstance(failure, BusinessError) and failure.name not in route.operation.errors:
                return self._unexpected(route, failure, events)
            found = outcome.of_failure(failure)
            if found.response.status >= 500:
                self.log.warning("%s: %s", route.operation.name, failure)
            return found
        except Exception as failure:  # the border: whatever a handler raises becomes a 500
            self.log.exception("%s raised %s", route.operation.name, type(failure).__name__)
            return self._unexpected(route, failure, events, logged=True)

    def _shed(self) -> None:
        """Refuse the declared share of requests, evenly spread: it costs next to nothing and needs no slot."""
        self._shed_due += self.chain.shed
        if self._shed_due >= 1 - 1e-9:
            self._shed_due -= 1
            self.chain.admission.refused += 1
            raise Overloaded("this share of requests is refused for now")

    def _context(self, route: Route, request: Request) -> RequestContext:
        headers, clock = request.headers, self._clock
        header = headers.get(b"telic-deadline")
        left = self.chain.deadline if header is None else _seconds(header)
        if left <= 0:
            raise DeadlineExceeded(f"{route.operation.name} came too late")
        authorization = headers.get(b"authorization", "")
        subject = ""
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() == "bearer":
                subject = self._tokens.verify(token.strip())
        if route.operation.auth and not subject:
            raise Unauthorised(f"{route.operation.name} needs a token", hint="send 'authorization: Bearer <token>'")
        key = headers.get(b"idempotency-key", "")
        if len(key) > MOST_KEY:
            raise Malformed(f"an idempotency key has at most {MOST_KEY} characters")
        return RequestContext(
            route.operation.name,
            clock,
            subject=subject,
            idempotency_key=key,
            deadline=clock.monotonic() + left,
            authorization=authorization,
        )

    async def _answer(self, route: Route, context: RequestContext, asked: Any) -> Outcome:
        chain, operation = self.chain, route.operation
        if chain.cache is not None and operation.read and not operation.auth:
            key = f"{chain.cache_prefix}{operation.name}:{_digest(encode(asked))}"
            body = await chain.cache.get(key, lambda: self._admitted(route, context, asked))
            return Outcome(Response(200, body))
        if chain.dedupe is not None and operation.mutating and context.idempotency_key:
            return await self._once(chain.dedupe, route, context, asked)
        return Outcome(Response(200, await self._admitted(route, context, asked)))

    async def _admitted(self, route: Route, context: RequestContext, asked: Any) -> bytes:
        admission = self.chain.admission
        entered = admission.enter_now()
        if entered is None:
            entered = await admission.enter()
        healthy = False
        try:
            reply = await route.handler(asked, context)
            healthy = True
            return encode(reply)
        except BusinessError:
            healthy = True
            raise
        finally:
            admission.leave(entered, ok=healthy)

    async def _once(self, dedupe: Dedupe, route: Route, context: RequestContext, asked: Any) -> Outcome:
        business_error = ""

        async def work() -> Answer:
            nonlocal business_error
            try:
                return Answer(200, await self._admitted(route, context, asked))
            except BusinessError as failure:
                if failure.name not in route.operation.errors:
                    raise
                business_error = failure.name
                return Answer(422, error(422, failure.name, failure.message).body)

        key = f"{route.operation.name}:{context.subject}:{context.idempotency_key}"
        answer = await dedupe.run(key, route.operation.name, work)
        return Outcome(Response(answer.status, answer.body), business_error=business_error)

    def _unexpected(
        self, route: Route, failure: Exception, events: list[bytes] | None, *, logged: bool = False
    ) -> Outcome:
        if not logged:
            self.log.error("%s raised the undeclared %s", route.operation.name, failure, exc_info=failure)
        if events is not None:
            events.append(span_event("exception", self._recorder.now(), exception_attributes(failure)))
        return outcome.unexpected(failure)


def _seconds(header: str) -> float:
    try:
        left = float(header)
    except ValueError:
        left = math.nan
    if not math.isfinite(left):
        raise Malformed(f"telic-deadline {header!r} is no number of seconds")
    return left


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
