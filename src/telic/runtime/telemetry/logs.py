"""From Python's logging to OTLP: records get the trace they belong to, exceptions their attributes."""

from __future__ import annotations

import logging
import traceback

from telic.runtime.context import parent_span
from telic.runtime.telemetry.recorder import LogRecord, Recorder

_SEVERITY = ((logging.CRITICAL, 21, "FATAL"), (logging.ERROR, 17, "ERROR"), (logging.WARNING, 13, "WARN"))
_STACK_CHARACTERS = 8000  # kept of a stack trace, its end [1]
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class RecorderHandler(logging.Handler):
    """Feeds the recorder; ``log.info("held", extra={"booking": id})`` makes attributes of `extra`."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        number, text = severity(record.levelno)
        attributes = {key: value for key, value in record.__dict__.items() if key not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            attributes.update(exception_attributes(record.exc_info[1]))
        span = parent_span()
        trace_id, span_id = span if span else ("", "")
        body = record.getMessage()
        self._recorder.log(LogRecord(int(record.created * 1e9), number, text, body, trace_id, span_id, attributes))


def severity(level: int) -> tuple[int, str]:
    """Return OTLP's severity number and text of a level of `logging`.

    Examples
    --------
    >>> severity(logging.ERROR)
    (17, 'ERROR')
    """
    for lowest, number, text in _SEVERITY:
        if level >= lowest:
            return number, text
    return (9, "INFO") if level >= logging.INFO else (5, "DEBUG")


def exception_attributes(error: BaseException) -> dict[str, object]:
    """Return ``exception.*`` as OpenTelemetry's semantic conventions have them."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    stack = "".join(traceback.format_exception(error))
    return {
        "exception.type": name,
        "exception.message": str(error),
        "exception.stacktrace": stack[-_STACK_CHARACTERS:],
    }
