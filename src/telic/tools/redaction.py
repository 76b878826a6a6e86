"""Takes secrets and personal data out of whatever leaves the operator: evidence, reports, answers of tools."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

HIDDEN = "[redacted]"

_NAME = re.compile(
    r"pass(word|wd|phrase)?\b|secret|token|api[_-]?key|authori[sz]ation|cookie|credential|private[_-]?key", re.I
)
_PATH_SUFFIX = ("_file", ".file", "_path")  # names of files that hold secrets are no secrets
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)(\b\w*(?:password|passwd|secret|token|api[_-]?key)\w*[\"']?\s*[:=]\s*[\"']?)(?!\[redacted\])[^\s\"',;&}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(\w+://[^\s:/@]+):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(\.[\w-]*)?"), HIDDEN),  # a JSON web token
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), HIDDEN),  # an address of a person
)


def names_secret(name: str) -> bool:
    """Whether a setting of this name holds a secret.

    Examples
    --------
    >>> names_secret("store.postgres.password"), names_secret("store.postgres.password_file")
    (True, False)
    """
    return bool(_NAME.search(name)) and not name.lower().endswith(_PATH_SUFFIX)


def redact(text: str) -> str:
    """Return `text` with secrets and addresses of persons hidden; doing it twice changes nothing more.

    Examples
    --------
    >>> redact("POST /pay authorization: Bearer abc.def.ghi by ann@example.org")
    'POST /pay authorization: Bearer [redacted] by [redacted]'
    """
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redact_value(value: object, name: str = "") -> object:
    """Return `value` (text, number, or containers of them) with secrets hidden, by name and by looks."""
    if isinstance(value, Mapping):
        return {str(key): redact_value(each, str(key)) for key, each in value.items()}
    if isinstance(value, str):
        return HIDDEN if value and names_secret(name) else redact(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [redact_value(each, name) for each in value]
    return value
