"""What became of a request, and the response that says so."""

from __future__ import annotations

import msgspec

from telic.runtime.client.chain import TRIED
from telic.runtime.failures import (
    BusinessError,
    DeadlineExceeded,
    DependencyFailed,
    Forbidden,
    Malformed,
    Overloaded,
    Unauthorised,
)
from telic.runtime.server.messages import Response, error


class Outcome(msgspec.Struct, frozen=True):
    """A response and what telemetry says about it."""

    response: Response
    error_type: str = ""
    business_error: str = ""


KNOWN = (BusinessError, Malformed, Unauthorised, Forbidden, Overloaded, DeadlineExceeded, DependencyFailed)
_TRIED_LINE = TRIED + b": 1\r\n"


def of_failure(failure: Exception) -> Outcome:
    """Return the outcome of a failure that the contract knows."""
    message = str(failure)
    match failure:
        case BusinessError():
            return Outcome(error(422, failure.name, failure.message), business_error=failure.name)
        case Malformed():
            return Outcome(error(400, "malformed", message), "400")
        case Unauthorised():
            return Outcome(error(401, "unauthorised", message, b"www-authenticate: Bearer\r\n"), "401")
        case Forbidden():
            return Outcome(error(403, "forbidden", message), "403")
        case Overloaded():
            wait = b"retry-after: %d\r\n" % max(1, round(failure.retry_after))
            return Outcome(error(429, "overloaded", message, wait), "429")
        case DeadlineExceeded():
            return Outcome(error(504, "deadline_exceeded", message), "deadline_exceeded")
        case DependencyFailed():
            line = _TRIED_LINE if failure.tried else b""
            return Outcome(error(503, "dependency_failed", message, line), "503")
    return unexpected(failure)


def unexpected(failure: Exception) -> Outcome:
    """Return the outcome of a failure that nobody declared; its words stay inside."""
    return Outcome(error(500, "internal", "an unexpected error; the service's log has it"), type(failure).__name__)
