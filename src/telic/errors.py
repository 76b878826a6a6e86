"""Every error Telic raises, sorted by who has to act.

TelicError
├── UsageError      the caller: fix the call, the intent, the settings
│                   UnknownName, InvalidIntent, InvalidDesign, InvalidRecord
├── WorldError      the outside: wait, retry, free a port or a disk
│                   WorldUnavailable, StoreFailed, SourceFailed, PortInUse, NotEnoughData
└── SafetyError     an operator: a guard said no, or an undo failed
                    ActionRefused, UndoFailed
"""

from __future__ import annotations


class TelicError(Exception):
    """Base of all errors: what happened, what to do next, and about what.

    Parameters
    ----------
    message
        What happened and where (file, line, id).
    hint
        What the reader should do next, a sentence.
    context
        Facts for machines; shown by ``--json``.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **context: object) -> None:
        super().__init__(message)
        self.hint, self.context = hint, context


class UsageError(TelicError):
    """The caller has to change the call, the intent or the settings."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that nothing is registered under."""


class InvalidIntent(UsageError):
    """An intent that breaks a rule of the format; carries every finding, not only the first."""


class InvalidDesign(UsageError):
    """A design or a wiring that a lint refuses."""


class InvalidRecord(UsageError):
    """A record that does not have the shape or the schema version that was asked for."""


class WorldError(TelicError):
    """The outside failed: wait, retry, free a port or a disk."""

    exit_code = 3


class WorldUnavailable(WorldError):
    """No such system is running, or its supervisor does not answer."""


class StoreFailed(WorldError):
    """A database, cache or telemetry store did not start or did not answer."""


class SourceFailed(WorldError):
    """Somebody else's telemetry could not be read: it is down, refuses, or says what it should not."""


class PortInUse(WorldError):
    """A port that the system should publish belongs to another process."""


class NotEnoughData(WorldError):
    """Too few samples for a statement; widen the window or wait."""


class SafetyError(TelicError):
    """A guard said no, or an undo failed: a person has to look."""

    exit_code = 4


class ActionRefused(SafetyError):
    """The guard refused an action; the message names the rule."""


class UndoFailed(SafetyError):
    """An action did not help and its undo failed; the journal holds what to restore."""
