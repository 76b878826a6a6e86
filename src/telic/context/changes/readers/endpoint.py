"""Where something is and how it proves who it is: addresses, hosts, routes, credentials, permissions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_KINDS = {
    "endpoint.certificate": "changed certificate or TLS setting",
    "endpoint.credential": "changed credential or permission",
    "endpoint.address": "changed address",
    "endpoint.environment": "required setting",
}


@effect_reader("endpoint", example={"diff": "-host: db-primary.internal\n+host: db-replica.internal"})
def endpoint(place: Place) -> Sequence[Effect]:
    """Lines about addresses, credentials, certificates and environment variables that were changed or removed."""
    if place.kind in ("dependency", "asset"):
        return ()
    found = []
    gone = frozenset(words.key(each) for each in place.lost)
    came = frozenset(words.key(each) for each in place.gained)
    for name, mechanism in _KINDS.items():
        if _touched(name, place):
            lines = (each for each in (*place.added, *place.removed) if vocabulary.pattern(name).search(each))
            says = f"{mechanism}: {next(lines, '').strip()[:80]}"
            force = 0.9 if place.kind in ("config", "resources") or place.pairs else 0.6
            found.append(makes(mechanism, says, place, kind="endpoint", force=force, gone=gone, new=came))
    return found


def _touched(name: str, place: Place) -> bool:
    """Return whether such lines differ after the change in more than where they stand."""
    pattern = vocabulary.pattern(name)
    gone, came = (
        sorted(each.strip() for each in lines if pattern.search(each)) for lines in (place.removed, place.added)
    )
    if name == "endpoint.environment":
        return len(came) > len(gone)
    if name == "endpoint.address" and place.kind == "code":  # code that reads a request's address is no address
        one, two = ({each for line in lines for each in words.strings(line)} for lines in (gone, came))
        return bool(one and two) and one != two
    return bool(gone) and gone != came and _differs(gone, came, pattern)


def _differs(gone: Sequence[str], came: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Return whether what the pattern found, or the strings beside it, are others now."""
    one, two = (
        {
            part.lower()
            for line in lines
            for part in (*(m.group() for m in pattern.finditer(line)), *words.strings(line))
        }
        for lines in (gone, came)
    )
    return one != two or len(came) < len(gone) or any(re.search(r"^\s*[\w.\-]+\s*:", each) for each in gone)
