"""Secrets stay out of errors, queries and reports: those that were handed in, and what looks like one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from telic.model.redaction import HIDDEN, names_secret, redact

HARMLESS = frozenset(("accept", "content-type", "user-agent", "x-scope-orgid", "kbn-xsrf"))  # headers without secrets


def parameter_is_secret(name: str) -> bool:
    """Return whether a header or a parameter of a URL of this name holds a secret.

    Examples
    --------
    >>> parameter_is_secret("api_key"), parameter_is_secret("key"), parameter_is_secret("query")
    (True, True, False)
    """
    return names_secret(name) or name.lower() in ("sig", "key", "auth", "jwt")


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
    return redact(text)


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
