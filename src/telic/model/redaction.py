"""Takes secrets and addresses of persons out of whatever leaves: evidence, answers of tools, reports, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

HIDDEN = "[redacted]"

_NAME = re.compile(
    r"pass(word|wd|phrase)?\b|pass$|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authori[sz]ation|cookie"
    r"|credential|signature",
    re.IGNORECASE,
)
_PATH_SUFFIX = ("_file", ".file", "_path")  # names of files that hold secrets are no secrets
_KEY = r"(?:pass(?:word|wd|phrase)?|secret|token|(?:api|access|private)[_-]?key|credentials?|cookie|signature)"


@dataclass(frozen=True)
class _Rule:
    """One kind of secret."""

    sign: re.Pattern[str]  # what every text that holds one holds, quicker to look for than the secret itself
    pattern: re.Pattern[str]
    instead: str = HIDDEN


_RULES = (
    _Rule(
        re.compile("PRIVATE KEY-----"),
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    _Rule(
        re.compile(r"(?:bearer|basic|apikey)\s", re.IGNORECASE),
        re.compile(r"\b(bearer|basic|apikey)\s+[\w.~+/=-]{6,}", re.IGNORECASE),
        rf"\1 {HIDDEN}",
    ),
    _Rule(re.compile("eyJ"), re.compile(r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?")),  # a JSON web token
    _Rule(
        re.compile("://"),
        re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"']+@", re.IGNORECASE),
        rf"\1{HIDDEN}@",
    ),
    _Rule(
        re.compile(_KEY, re.IGNORECASE),
        re.compile(
            rf"(\b[\w.-]*{_KEY}(?:\b|_\w+)[\"']?\s*(?:=|:|\bis\b)\s*)(?!\s*[\"']?\[redacted\])"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&}\]\"']+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    _Rule(re.compile("@"), re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),  # an address of a person
)


@lru_cache(maxsize=1024)
def names_secret(name: str) -> bool:
    """Return whether a setting of this name holds a secret.

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
    >>> redact("user=anna password=hunter2 rooms=3")
    'user=anna password=[redacted] rooms=3'
    """
    for rule in _RULES:
        if rule.sign.search(text):
            text = rule.pattern.sub(rule.instead, text)
    return text


def redact_value(value: object, name: str = "") -> object:
    """Return `value` (text, number, or containers of them) with secrets hidden, by name and by looks."""
    if isinstance(value, str):
        return HIDDEN if value and names_secret(name) else redact(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): redact_value(each, str(key)) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [redact_value(each, name) for each in value]
    return value
