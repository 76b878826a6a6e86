"""Names that two sides have to agree on: keys, fields, tags, topics, headers, routes, environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_TAG = re.compile(r"(?:json|yaml|xml|bson|db|avro|protobuf|form|query|mapstructure):\"([^\",]+)")
_FIELD = re.compile(
    r"^\s*(?:(?:public|private|protected|final|optional|required|repeated|readonly)\s+)*"
    r"[\w<>\[\],.?]+\s+(\w+)\s*(?:=\s*[\w\"'.]+\s*)?;?$|^\s*[\"']?([\w.\-]+)[\"']?\s*:\s"
)


@effect_reader("name", example={"diff": '-\tTotal int `json:"total"`\n+\tTotal int `json:"total_cents"`'})
def name(place: Place) -> Sequence[Effect]:
    """Pairs of lines that differ in a name on the wire, in its type, or in how it is written."""
    if place.kind in ("dependency", "lock", "asset"):
        return ()
    found = []
    for old, new in place.pairs:
        gone, came = _renamed(old, new)
        if gone and came:
            says = f"{', '.join(sorted(gone))} became {', '.join(sorted(came))} in {place.where}"
            force = 0.9 if vocabulary.pattern("name.wire").search(old) or place.kind != "code" else 0.6
            keys = {"gone": frozenset(map(words.key, gone)), "new": frozenset(map(words.key, came))}
            found.append(makes("renamed field or key", says, place, kind="name", force=force, **keys))
        types = _typed(old, new)
        if types:
            says = f"type {types[0]} became {types[1]} ({new.strip()[:80]})"
            found.append(makes("changed type", says, place, kind="name", new=words.telling(new)[0]))
    return found + _written(place)


def _renamed(old: str, new: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names in strings, tags, keys and fields that only one of two versions of a line has."""
    one, two = frozenset(_wire_names(old)), frozenset(_wire_names(new))
    gone, came = (frozenset(filter(_named, found)) for found in (one - two, two - one))
    return gone, came


def _wire_names(line: str) -> Iterator[str]:
    yield from _TAG.findall(line)
    for each in words.strings(line):
        if re.fullmatch(r"[\w.\-/:{}]+", each) and not re.fullmatch(r"[\d.]+\w{0,3}", each):
            yield each
    for found in _FIELD.findall(line):
        yield from (part for part in found if part)


def _typed(old: str, new: str) -> tuple[str, str] | None:
    types = vocabulary.pattern("name.types")
    one, two = ([each.group() for each in types.finditer(line)] for line in (old, new))
    gone, came = [each for each in one if each not in two], [each for each in two if each not in one]
    return (gone[0], came[0]) if gone and came else None


def _written(place: Place) -> list[Effect]:
    serial = vocabulary.pattern("name.serial")
    lost = frozenset(each for each in place.lost if serial.search(each))
    gained = frozenset(each for each in place.gained if serial.search(each))
    if place.kind == "resources" or not lost or not gained or _parts(lost) & _parts(gained):
        return []  # nothing, or the same way of writing under another name
    says = f"{', '.join(sorted(lost)[:3])} became {', '.join(sorted(gained)[:3])} in {place.where}"
    keys = {"gone": frozenset(map(words.key, lost)), "new": frozenset(map(words.key, gained))}
    return [makes("changed format", says, place, kind="name", force=0.7, **keys)]


def _parts(found: frozenset[str]) -> frozenset[str]:
    serial = vocabulary.pattern("name.serial")
    return frozenset(part for each in found for part in words.split(each) if serial.search(part))


def _named(name: str) -> bool:
    return bool(re.search(r"[A-Za-z]", name)) and len(name) < 60
