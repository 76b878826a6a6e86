"""Where something is and how it proves who it is: addresses, hosts, routes, credentials, permissions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_ADDRESS = re.compile(r"https?://|\b\w+\.(svc|cluster|local|internal|com|net|io)\b|\bhost\b|hostname|\burl\b|\buri\b|endpoint|\baddr(ess)?\b|base_?path|route|\bdns\b|broker|bootstrap|region|upstream|namespace|selector|service_?name|listen|target_?port|proxy|ingress|discovery|\bzone\b", re.IGNORECASE)  # fmt: skip
_CREDENTIAL = re.compile(r"secret|token|password|credential|api_?key|access_?key|private_?key|\brole\b|\bscope|audience|\baud\b|issuer|\biss\b|jwks|jwt|oauth|permission|policy|\biam\b|\bacl\b|rbac|\bgrant|allow|deny|\bauth|principal|service_?account|cors|origin|signature|hmac|signing|algorithm|cookie|samesite|csrf|kid\b|user_?name|network_?policy|leeway|claims?", re.IGNORECASE)  # fmt: skip
_CERTIFICATE = re.compile(r"\btls\b|\bssl\b|certificate|\bcert\b|\bca_?(file|bundle|cert)|x509|root_?cas|insecure_?skip|min_?version|cipher|\bsni\b|server_?name", re.IGNORECASE)  # fmt: skip
_ENVIRONMENT = re.compile(r"os\.environ\[|os\.Getenv\(|process\.env\.|System\.getenv|env::var|ENV\[|getenv\(|@Value\(|viper\.Get|must_?env|require_?env|secretKeyRef|configMapKeyRef|valueFrom", re.IGNORECASE)  # fmt: skip


@effect_reader("endpoint", example={"diff": "-host: db-primary.internal\n+host: db-replica.internal"})
def endpoint(place: Place) -> Sequence[Effect]:
    """Lines about addresses, credentials, certificates and environment variables that were changed or removed."""
    if place.kind in ("dependency", "asset"):
        return ()
    found = []
    gone = frozenset(words.key(each) for each in place.lost)
    came = frozenset(words.key(each) for each in place.gained)
    for pattern, troubles, mechanism in _KINDS:
        if _touched(pattern, place):
            line = next((each for each in (*place.added, *place.removed) if pattern.search(each)), "")
            force = 0.9 if place.kind in ("config", "resources") or place.pairs else 0.6
            found.append(Effect("endpoint", f"{mechanism}: {line.strip()[:80]}", troubles, force, mechanism, place.path, place.heading, gone=gone, new=came))  # fmt: skip
    return found


_KINDS = (
    (_CERTIFICATE, {"certificate": 1.0, "connect": 0.6, "auth": 0.4}, "changed certificate or TLS setting"),
    (_CREDENTIAL, {"auth": 1.0, "connect": 0.3, "errors": 0.3, "crash": 0.2}, "changed credential or permission"),
    (_ADDRESS, {"connect": 1.0, "name": 0.8, "deadline": 0.6, "errors": 0.4, "latency": 0.4, "value": 0.2, "auth": 0.2}, "changed address"),
    (_ENVIRONMENT, {"crash": 0.8, "missing": 0.5, "connect": 0.5, "auth": 0.4, "errors": 0.3}, "required setting"),
)  # fmt: skip


def _touched(pattern: re.Pattern[str], place: Place) -> bool:
    """Return whether such lines differ after the change in more than where they stand."""
    gone = sorted(each.strip() for each in place.removed if pattern.search(each))
    came = sorted(each.strip() for each in place.added if pattern.search(each))
    if pattern is _ENVIRONMENT:
        return len(came) > len(gone)
    if pattern is _ADDRESS and place.kind == "code":  # code that reads a request's address is no address
        one, two = ({each for line in lines for each in words.strings(line)} for lines in (gone, came))
        return bool(one and two) and one != two
    return bool(gone) and gone != came and _differs(gone, came, pattern)


def _differs(gone: Sequence[str], came: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Return whether what the pattern found, or the strings beside it, are others now."""
    one = {
        word.lower()
        for each in gone
        for word in (*pattern.findall(each), *words.strings(each))
        if isinstance(word, str)
    }
    two = {
        word.lower()
        for each in came
        for word in (*pattern.findall(each), *words.strings(each))
        if isinstance(word, str)
    }
    return one != two or any(re.search(r"^\s*[\w.\-]+\s*:", each) for each in gone) or len(came) < len(gone)
