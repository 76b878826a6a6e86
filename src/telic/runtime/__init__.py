"""What a deployed service imports: server and client shell, policy chains, store ports, telemetry."""

from telic.runtime.application import Application, Job, Operation
from telic.runtime.context import RequestContext, current_request
from telic.runtime.failures import (
    BusinessError,
    Conflict,
    DeadlineExceeded,
    DependencyFailed,
    Forbidden,
    Malformed,
    NotFound,
    Overloaded,
    Unauthorised,
)
from telic.runtime.passwords import hash_password, verify_password
from telic.runtime.ports import Background, Cache, Client, Database, Ids, Queries, Queue, Row, Runtime, Tokens
from telic.runtime.statements import Cost, Statement

__all__ = [
    "Application",
    "Background",
    "BusinessError",
    "Cache",
    "Client",
    "Conflict",
    "Cost",
    "Database",
    "DeadlineExceeded",
    "DependencyFailed",
    "Forbidden",
    "Ids",
    "Job",
    "Malformed",
    "NotFound",
    "Operation",
    "Overloaded",
    "Queries",
    "Queue",
    "RequestContext",
    "Row",
    "Runtime",
    "Statement",
    "Tokens",
    "Unauthorised",
    "current_request",
    "hash_password",
    "verify_password",
]
