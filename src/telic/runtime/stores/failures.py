"""What asyncpg raises, as the runtime's own failures with a SQLSTATE or an error type."""

from __future__ import annotations

import asyncpg

from telic.runtime.failures import Conflict, DependencyFailed

_CONFLICT = "23"  # SQLSTATE class: integrity constraint violation
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


def translate(error: Exception, what: str) -> Exception:
    """Return the failure that a store's user sees; wrong arguments stay what they are."""
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return error
    state = sqlstate(error)
    if state.startswith(_CONFLICT):
        constraint = str(getattr(error, "constraint_name", None) or "")
        return Conflict(f"{what}: {error}", constraint=constraint, sqlstate=state)
    kind = error_type(error)
    return DependencyFailed(f"postgres failed {what} ({kind}): {error}", peer="postgres", error_type=kind)
