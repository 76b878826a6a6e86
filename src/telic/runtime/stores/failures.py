"""What asyncpg raises, as the runtime's own failures with a SQLSTATE or an error type."""

from __future__ import annotations

import asyncpg

from telic.errors import UsageError
from telic.runtime.failures import Conflict, DependencyFailed

_CONFLICT = "23"  # SQLSTATE class: integrity constraint violation
_DATA = "22"  # data exception
_CONNECTION = "08"  # connection exception
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


def error_type(error: Exception) -> str:
    """Return ``error.type`` of a failure: its SQLSTATE, or what happened to the connection."""
    if isinstance(error, asyncpg.PostgresError):
        state = sqlstate(error)
        return "connection_reset" if state.startswith(_CONNECTION) else state
    if isinstance(error, TimeoutError):
        return "timeout"
    return "connection_refused" if isinstance(error, ConnectionRefusedError) else "connection_reset"


def sqlstate(error: Exception) -> str:
    """Return the five characters that the database gave, or ``""``."""
    return str(getattr(error, "sqlstate", None) or "") if isinstance(error, asyncpg.PostgresError) else ""


def translate(error: Exception, what: str, peer: str) -> Exception:
    """Return the failure that a user of the store `peer` sees, without the values that details would name."""
    state = sqlstate(error)
    if state.startswith(_DATA) or (isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)):
        return UsageError(f"{what} has an argument that its column cannot take", hint="see the service's schema")
    words = _words(error)
    if state.startswith(_CONFLICT):
        constraint = str(getattr(error, "constraint_name", None) or "")
        return Conflict(f"{what}: {words}", constraint=constraint, sqlstate=state)
    kind = error_type(error)
    return DependencyFailed(f"{peer} failed {what} ({kind}): {words}", peer=peer, error_type=kind)


def _words(error: Exception) -> str:
    """Return a failure's message without its detail."""
    first = error.args[0] if isinstance(error, asyncpg.PostgresError) and error.args else str(error)
    return str(first)
