"""Secrets do not leave in a report, whatever text they hide in."""

from __future__ import annotations

import re

from telic.model import dump, load, plain
from telic.report.record import RunRecord

HIDDEN = "[redacted]"

_KEY = r"(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|cookie)"
_RULES = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"\b(?P<kept>bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\g<kept> {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),  # a JSON web token
    (re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE), rf"\g<kept>{HIDDEN}"),
    (
        re.compile(
            rf"(?P<kept>\b[\w.-]*{_KEY}\b[\"']?\s*(?:=|:|\bis\b)\s*)(?!\s*\[redacted\])"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;}\]\"']+)",
            re.IGNORECASE,
        ),
        rf"\g<kept>{HIDDEN}",
    ),
)


def redacted(text: str) -> str:
    """Return `text` without what looks like a password, a token or a key.

    Examples
    --------
    >>> redacted("user=anna password=hunter2 rooms=3")
    'user=anna password=[redacted] rooms=3'
    """
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def without_secrets(run: RunRecord) -> RunRecord:
    """Return `run` with every text of it redacted."""
    return load(RunRecord, dump(_walk(plain(run))))


def _walk(value: object) -> object:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: _walk(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each) for each in value]
    return value
