"""What the receiver answers: OTLP on every listener, questions on the unix socket alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from telic.errors import UsageError
from telic.telemetry.columns import SCHEMA
from telic.telemetry.commits import Arrival, Committer
from telic.telemetry.connection import Request
from telic.telemetry.forward import Forwarder
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import JSON, Answer
from telic.telemetry.reading import Reader
from telic.telemetry.rollup import Rollup
from telic.telemetry.wire import ErrorReply, Status

log = logging.getLogger(__name__)
T = TypeVar("T")

BODY_MAX = 16 << 20  # of one request [bytes]
QUEUE_MAX = 48 << 20  # of all requests that wait for their commit [bytes]
ALERTS = "/v1/alerts"  # where Alertmanager's webhook posts to

Reply = Callable[[Answer], None]


class Routes:
    """Answers requests; one for all listeners that take telemetry only, one for the socket that takes questions too.

    Parameters
    ----------
    core
        What stands behind both.
    questions
        Whether ``/query`` and ``/live`` are served.
    """

    def __init__(self, core: Core, *, questions: bool) -> None:
        self._core, self._questions = core, questions

    def reserve(self, request: Request, size: int) -> Answer | None:
        """Allow `request` to hold `size` more bytes while they fit into the queue."""
        core, media = self._core, otlp.media_type(request.content_type) or JSON
        if request.reserved + size > core.body_max:
            said = f"a body has at most {core.body_max} bytes"
            return otlp.refused(413, otlp.INVALID_ARGUMENT, said, media)
        if core.queued + size > core.queue_max:
            core.refused += 1
            return otlp.refused(429, otlp.RESOURCE_EXHAUSTED, "the queue is full", media, retry_after=1)
        core.queued += size
        return None

    def release(self, size: int) -> None:
        """Take back what was reserved."""
        self._core.queued -= size

    def handle(self, request: Request, reply: Reply) -> None:
        """Answer `request`."""
        path, questions = request.path, self._questions
        if table := otlp.SIGNALS.get(path):
            self._take(request, table, reply) if request.method == "POST" else reply(_error(405, "POST it"))
        elif path == ALERTS and request.method == "POST":
            self._take_alerts(request, reply)
        elif path == "/query" and questions:
            self._ask(request, reply) if request.method == "POST" else reply(_error(405, "POST it"))
        elif request.method != "GET":
            reply(_error(404, f"no {request.method} {path}", "POST /v1/traces, /v1/metrics or /v1/logs"))
        elif path == "/live" and questions:
            reply(self._live(request))
        elif path == "/-/status":
            reply(_json(self._core.status()))
        elif path == "/-/ready":
            reply(_json({"ready": True}))
        else:
            reply(_error(404, f"no {path} here", "questions are answered on the unix socket"))

    def _take(self, request: Request, table: str, reply: Reply) -> None:
        media = otlp.media_type(request.content_type)
        if not media:
            said = f"content type {request.content_type!r}: send {otlp.PROTOBUF} or {JSON}"
            reply(otlp.refused(415, otlp.INVALID_ARGUMENT, said, JSON))
        elif request.content_encoding not in ("", "identity", "gzip"):
            said = f"content encoding {request.content_encoding!r}: send gzip or none"
            reply(otlp.refused(415, otlp.INVALID_ARGUMENT, said, media))
        else:
            self._core.take(
                Arrival(table, request.body, media, request.content_encoding, self._core.clock(), reply), request
            )

    def _take_alerts(self, request: Request, reply: Reply) -> None:
        """Store what Alertmanager sends to a webhook, as log records."""
        from telic.telemetry.sources.alertmanager import export_of  # most receivers never need it

        try:
            export = export_of(request.body)
        except UsageError as error:
            reply(_error(400, str(error), error.hint))
            return
        core = self._core
        core.committer.put(Arrival("logs", export, otlp.PROTOBUF, "", time.time_ns(), reply))
        if core.forwarder is not None:
            core.forwarder.offer("/v1/logs", export, otlp.PROTOBUF, "")

    def _ask(self, request: Request, reply: Reply) -> None:
        def finish(task: asyncio.Task[tuple[int, bytes]]) -> None:
            if task.cancelled():
                reply(_error(503, "the receiver ends", "ask again when it is back"))
            elif (error := task.exception()) is not None:
                log.error("a query failed unexpectedly", exc_info=error)
                reply(_error(500, f"the receiver failed: {error}", "see its log"))
            else:
                status, body = task.result()
                reply(Answer(status, body, JSON))

        self._core.start(self._core.reader.answer(request.body), finish)

    def _live(self, request: Request) -> Answer:
        try:
            since = float(parse_qs(request.query).get("since", ["0"])[0])
        except ValueError:
            return _error(400, "since is no number", "GET /live?since=SECONDS since the epoch")
        return _json(self._core.rollup.rows(since))


class Core:
    """What all routes share.

    Parameters
    ----------
    committer, rollup, reader, forwarder
        The parts.
    body_max, queue_max
        Bounds on memory [bytes].
    """

    def __init__(
        self,
        committer: Committer,
        rollup: Rollup,
        reader: Reader,
        forwarder: Forwarder | None,
        *,
        body_max: int = BODY_MAX,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self.committer, self.rollup, self.reader, self.forwarder = committer, rollup, reader, forwarder
        self.body_max, self.queue_max = body_max, queue_max
        self.queued = self.refused = self.grpc_port = 0
        self._started = time.time()
        self._received = committer.counts.newest_ns
        self._tasks: set[asyncio.Task[Any]] = set()

    def take(self, arrival: Arrival, request: Request) -> None:
        """Store a request, and copy it to the other endpoint."""
        self.committer.put(arrival)
        if self.forwarder is not None:
            self.forwarder.offer(request.path, arrival.data, arrival.media, arrival.encoding)

    def offer(self, table: str, data: bytes, media: str, reply: Reply) -> Answer | None:
        """Take a body that did not come over HTTP, or return why not."""
        size = len(data)
        if self.queued + size > self.queue_max:
            self.refused += 1
            return otlp.refused(429, otlp.RESOURCE_EXHAUSTED, "the queue is full", media, retry_after=1)
        self.queued += size

        def finish(answer: Answer) -> None:
            self.queued -= size
            reply(answer)

        self.committer.put(Arrival(table, data, media, "", self.clock(), finish))
        if self.forwarder is not None:
            self.forwarder.offer(otlp.PATHS[table], data, media, "")
        return None

    def clock(self) -> int:
        """Return the time of an arrival [ns since the Unix epoch]; it never runs backwards, as hours are by arrival."""
        self._received = max(time.time_ns(), self._received)
        return self._received

    def start(self, work: Coroutine[None, None, T], finish: Callable[[asyncio.Task[T]], None]) -> None:
        """Run `work` beside the others, then call `finish`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(finish)

    def status(self) -> Status:
        """Return counts since the start."""
        counts, forwarder = self.committer.counts, self.forwarder
        return Status(
            started=self._started,
            spans=counts.spans,
            logs=counts.logs,
            metrics=counts.metrics,
            commits=counts.commits,
            bytes=counts.bytes,
            file_bytes=counts.file_bytes,
            queued_bytes=self.queued,
            refused=self.refused,
            rejected=counts.rejected,
            invalid=counts.invalid,
            failed=counts.failed,
            forwarded=forwarder.sent if forwarder else 0,
            dropped=forwarder.dropped if forwarder else 0,
            lag=counts.lag,
            newest=counts.newest_ns / 1e9,
            cpu_seconds=time.process_time(),
            schema=SCHEMA,
            compiled=self.committer.compiled,
            grpc_port=self.grpc_port,
        )


def deliver(answers: Sequence[tuple[Arrival, Answer]]) -> None:
    """Send the answers of one commit; runs on the serving thread."""
    for arrival, answer in answers:
        arrival.answer(answer)


def _json(value: object) -> Answer:
    return Answer(200, msgspec.json.encode(value), JSON)


def _error(status: int, message: str, hint: str = "") -> Answer:
    return Answer(status, msgspec.json.encode(ErrorReply(message, hint)), JSON)
