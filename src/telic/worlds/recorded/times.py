"""RFC 3339 times to seconds since the epoch, and back."""

from __future__ import annotations

from datetime import UTC, datetime

from telic.errors import InvalidRecord

NANOSECONDS = 1_000_000_000  # in a second


def seconds(value: object, where: str) -> float:
    """Return an RFC 3339 time [s since the Unix epoch]; one without a zone is UTC.

    Parameters
    ----------
    value
        Text, or what a YAML reader made of it.
    where
        File and line, for the error.

    Raises
    ------
    InvalidRecord
        Not a time.

    Examples
    --------
    >>> seconds("1970-01-01T00:01:00Z", "incident.yaml:3")
    60.0
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise InvalidRecord(f"{where}: {value!r} is not a time", hint="write it as 2026-06-18T14:20:00Z")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def text(time: float) -> str:
    """Return a time [s since the Unix epoch] as RFC 3339 in UTC, to the millisecond where it has any.

    Examples
    --------
    >>> text(60.0), text(60.25)
    ('1970-01-01T00:01:00Z', '1970-01-01T00:01:00.250Z')
    """
    moment = datetime.fromtimestamp(round(time * 1000) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
