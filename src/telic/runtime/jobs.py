"""Scheduled jobs: each run is a trace of its own, and a failing run is logged and does not end the schedule."""

from __future__ import annotations

import logging

from telic.clock import Clock
from telic.runtime.application import Job
from telic.runtime.context import SPAN, SpanContext
from telic.runtime.policies.limit import Limit
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status

LONGEST = 30.0  # one run may take [s]


async def repeat(job: Job, clock: Clock, recorder: Recorder, log: logging.Logger) -> None:
    """Run `job` every ``job.every`` seconds until cancelled."""
    done = SpanShape(job.name, Kind.INTERNAL, {})
    failed = SpanShape(job.name, Kind.INTERNAL, {"error.type": "exception"}, status=Status.ERROR)
    while True:
        await clock.sleep(job.every)
        start, trace_id, span_id = recorder.now(), recorder.trace_id(), recorder.span_id()
        SPAN.set(SpanContext(trace_id, span_id))
        shape = failed
        try:
            with Limit(clock, LONGEST):
                await job.run()
            shape = done
        except Exception:  # the next run may succeed
            log.exception("job %s failed", job.name)
        finally:
            if recorder.enabled:
                recorder.span(shape, trace_id, span_id, "", start, recorder.now())
