"""Attributes of spans and logs into the store's columns, by OpenTelemetry's names and those that came before them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from telic.telemetry.otlp.values import RESERVED
from telic.telemetry.sources.rows import Row

LEVELS = {  # first of four severity numbers, by the words that loggers use
    **dict.fromkeys(("TRACE", "VERBOSE", "FINEST"), 1),
    **dict.fromkeys(("DEBUG", "DBG", "FINE"), 5),
    **dict.fromkeys(("INFO", "INFORMATION", "INFORMATIONAL", "NOTICE", "NORMAL", "I"), 9),
    **dict.fromkeys(("WARN", "WARNING", "W"), 13),
    **dict.fromkeys(("ERROR", "ERR", "SEVERE", "E"), 17),
    **dict.fromkeys(("FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "EMERGENCY", "PANIC", "F"), 21),
}
NAMES = {1: "TRACE", 5: "DEBUG", 9: "INFO", 13: "WARN", 17: "ERROR", 21: "FATAL"}
KINDS = frozenset(("server", "client", "internal", "producer", "consumer"))
HEX = re.compile(r"[0-9a-f]+$")
_IN_LINE = re.compile(
    r"(?:^|[\s\[|(\"'=])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|PANIC)(?=$|[\s\]|)\"',:#])"
    r"|\b(?:level|severity|lvl)[\"']?\s*[=:]\s*[\"']?(\w+)",
    re.I,
)
_LOOKED_AT = 300  # of a line, for its level [characters]


def severity(said: object, line: str = "") -> tuple[str, int]:
    """Return level and severity number: of what was said, else of the word in the line that looks like a level.

    Examples
    --------
    >>> severity("warning"), severity("", '{"level":"error","msg":"x"}'), severity("", "10:00 [main] INFO started")
    (('WARN', 13), ('ERROR', 17), ('INFO', 9))
    """
    number = LEVELS.get(str(said).upper(), 0) if said else 0
    if not number and line:
        found = _IN_LINE.search(line[:_LOOKED_AT])
        number = LEVELS.get((found[1] or found[2]).upper(), 0) if found else 0
    return NAMES.get(number, str(said or "").upper()[:20]), number


def id_of(value: object, digits: int) -> str:
    """Return an id in lower-case hex with `digits` digits; one that is none as it is, and nothing for zeros.

    Examples
    --------
    >>> id_of("0xAB", 4), id_of("span-1", 16), id_of("0000", 4)
    ('00ab', 'span-1', '')
    """
    text = str(value or "").strip()
    low = text.lower().removeprefix("0x")
    if not HEX.match(low) or len(low) > digits:
        return text
    return low.zfill(digits) if low.strip("0") else ""


def span_row(row: Row, attributes: dict[str, object], more: Mapping[str, object]) -> Row:
    """Complete a span: columns from `attributes`, the rest of them and `more` (reserved names) as JSON text."""
    found = dict(attributes)
    status = _whole(found.pop("http.response.status_code", None))
    if status is None:
        status = _whole(found.get("http.status_code"))
    peer, error, statement = (_text(found, each) for each in ("peer.service", "error.type", "db.query.summary"))
    row |= {"peer": peer, "error_type": error, "statement": statement, "http_status": status}
    return row | {"attributes": _json(found, more)}


def log_row(row: Row, attributes: dict[str, object], more: Mapping[str, object]) -> Row:
    """Complete a log record in the same way."""
    found = dict(attributes)
    event, exception = _text(found, "event.name"), _text(found, "exception.type")
    row["event_name"] = row.get("event_name") or event
    row["exception_type"] = row.get("exception_type") or exception
    return row | {"attributes": _json(found, more)}


def _json(found: Mapping[str, object], more: Mapping[str, object]) -> str:
    own = {(f"attribute.{name}" if name in RESERVED else name): value for name, value in found.items()}
    return msgspec.json.encode({**own, **{name: value for name, value in more.items() if value}}).decode()


def _text(found: dict[str, object], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        return ""
    del found[name]
    return value


def _whole(value: object) -> int | None:
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if 0 <= number < 2**31 else None
