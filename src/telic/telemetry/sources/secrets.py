"""Secrets stay out of errors, queries and reports: those that were handed in, and what looks like one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
HARMLESS = frozenset(("accept", "content-type", "user-agent", "x-scope-orgid", "kbn-xsrf"))  # headers without secrets

NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|api[_-]?key|access[_-]?key|authori[sz]ation|cookie|credential|signature"
    r"|^(sig|key|auth|jwt)$",
    re.I,
)
_LOOKS = (
    (re.compile(r"\b(bearer|basic|apikey)\s+[\w.~+/=-]{6,}", re.I), rf"\1 {HIDDEN}"),
    (re.compile(r"(\w+://)[^\s/@\"']+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}(\.[\w-]*)?"), HIDDEN),  # a JSON web token
    (
        re.compile(
            r"([?&;\s](?:[\w.-]*(?:password|secret|token|api_?key|signature))=)(?!\[redacted\])[^\s&;\"']+", re.I
        ),
        rf"\1{HIDDEN}",
    ),
)


def forms(secrets: Iterable[str]) -> frozenset[str]:
    """Return `secrets` in every form in which a server may send them back; what is too short to tell is left out."""
    found: set[str] = set()
    for each in secrets:
        parts = [each, *each.split(" ", 1)[1:]] if re.match(r"(?i)(bearer|basic|apikey|token) ", each) else [each]
        for part in parts:
            if len(part) >= 4:
                found |= {part, quote(part, safe=""), quote_plus(part), base64.b64encode(part.encode()).decode()}
    return frozenset(found)


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without `secrets`, and without what looks like one.

    Examples
    --------
    >>> hide("GET http://ann:hunter22@prom/api?token=abc failed", forms(["hunter22"]))
    'GET http://[redacted]@prom/api?token=[redacted] failed'
    """
    for each in sorted(secrets, key=len, reverse=True):
        text = text.replace(each, HIDDEN)
    for pattern, instead in _LOOKS:
        text = pattern.sub(instead, text)
    return text


def one_line(text: str, *, most: int = 300) -> str:
    r"""Return untrusted `text` as one printable line of at most `most` characters.

    Examples
    --------
    >>> one_line("no such\n\x1b[31mmetric")
    'no such [31mmetric'
    """
    printable = "".join(each if each.isprintable() else " " for each in text[: 4 * most])
    line = " ".join(printable.split())
    return line if len(line) <= most else f"{line[:most]}..."
