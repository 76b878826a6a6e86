"""What can go wrong while a request is served, and which status each failure has at the border."""

from __future__ import annotations

from telic.errors import UsageError, WorldError


class BusinessError(Exception):
    """An outcome that the intent declares: sold out, not allowed. Status 422.

    Parameters
    ----------
    name
        As declared in the operation's ``errors``.
    message
        One sentence for the user; no personal data.
    """

    def __init__(self, name: str, message: str = "") -> None:
        super().__init__(message or name)
        self.name, self.message = name, message or name


class NotFound(BusinessError):
    """The thing that was asked for does not exist; the business error ``not_found``."""

    def __init__(self, message: str = "no such thing") -> None:
        super().__init__("not_found", message)


class Unauthorised(UsageError):
    """No token, or one that does not hold. Status 401."""


class Forbidden(UsageError):
    """The token holds, but not for this. Status 403."""


class Malformed(UsageError):
    """A body that is no such request. Status 400."""


class DependencyFailed(WorldError):
    """A callee or store did not do its part. Status 503.

    Parameters
    ----------
    message
        What failed.
    peer
        Which service or store.
    error_type
        ``timeout``, ``connection_refused``, ``connection_reset``, ``breaker_open``, a status code or an SQLSTATE.
    """

    def __init__(self, message: str, *, peer: str, error_type: str, hint: str = "") -> None:
        super().__init__(message, hint=hint, peer=peer, error_type=error_type)
        self.peer, self.error_type = peer, error_type
        self.tried = False  # retries were spent on it; a caller with a budget does not try again


class Conflict(UsageError):
    """A statement broke a constraint of the schema; the service decides what that means.

    Parameters
    ----------
    message
        The database's words, without values.
    constraint
        The constraint's name.
    sqlstate
        ``23505`` unique, ``23503`` foreign key, ``23514`` check, ``23P01`` exclusion.
    """

    def __init__(self, message: str, *, constraint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, constraint=constraint, sqlstate=sqlstate)
        self.constraint, self.sqlstate = constraint, sqlstate


class DeadlineExceeded(WorldError):
    """The caller's deadline passed before the work was done. Status 504."""

    error_type = "deadline_exceeded"


class Overloaded(WorldError):
    """Admission refused the request. Status 429.

    Parameters
    ----------
    message
        Why.
    retry_after
        When trying again makes sense [s].
    """

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message, hint="try again later, or raise the declared capacity")
        self.retry_after = retry_after


class InvalidConfig(UsageError):
    """A configuration file that cannot be applied; ends the process."""
