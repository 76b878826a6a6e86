"""Names that two sides have to agree on: keys, fields, tags, topics, headers, routes, environment variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_TAG = re.compile(r"(?:json|yaml|xml|bson|db|avro|protobuf|form|query|mapstructure):\"([^\",]+)")
_WIRE = re.compile(r"=\s*\d+\s*;|json:|@JsonProperty|@SerializedName|serde\(|rename|alias|\btopic\b|header|\benv\b|getenv|environ|queue|exchange|route|path|field|key|column|schema|mapping|enum|event_?type|channel|index|bucket|attribute|label|metric|property|content_?type|\bid\b", re.IGNORECASE)  # fmt: skip
_FIELD = re.compile(
    r"^\s*(?:(?:public|private|protected|final|optional|required|repeated|readonly)\s+)*[\w<>\[\],.?]+\s+(\w+)\s*(?:=\s*[\w\"'.]+\s*)?;?$|^\s*[\"']?([\w.\-]+)[\"']?\s*:\s"
)
_SERIAL = re.compile(r"marshal|serializ|encode|decode|codec|avro|protobuf|msgpack|content-?type|json|xml|gzip|compress|charset|utf|omitempty|base64|parquet|pickle|schema_?version|wire|isoformat|strftime|timestamp|unix\w*\(|date_?format|timezone|utc", re.IGNORECASE)  # fmt: skip
_TYPES = re.compile(r"\b(u?int(8|16|32|64)?|float(32|64)?|double|long|short|bigint|smallint|decimal|bigdecimal|string|str|number|bool(ean)?|date(time)?|timestamp|bytes?|varchar\(\d+\)|text|uuid|any|object|optional|nullable)\b", re.IGNORECASE)  # fmt: skip


@effect_reader("name", example={"diff": '-\tTotal int `json:"total"`\n+\tTotal int `json:"total_cents"`'})
def name(place: Place) -> Sequence[Effect]:
    """Pairs of lines that differ in a name on the wire, in its type, or in how it is written."""
    if place.kind in ("dependency", "lock", "asset"):
        return ()
    found = []
    for old, new in place.pairs:
        gone, came = _renamed(old, new)
        if gone and came:
            troubles = {
                "format": 1.0,
                "schema": 0.8,
                "missing": 0.6,
                "errors": 0.4,
                "backlog": 0.5,
                "value": 0.5,
                "auth": 0.3,
                "connect": 0.3,
                "cache": 0.4,
            }
            says = (
                f"{', '.join(sorted(gone))} became {', '.join(sorted(came))} in {place.heading or place.path or 'code'}"
            )
            found.append(Effect("name", says, troubles, 0.9 if _WIRE.search(old) or place.kind != "code" else 0.6, "renamed field or key", place.path, place.heading, gone=frozenset(map(words.key, gone)), new=frozenset(map(words.key, came))))  # fmt: skip
        types = _typed(old, new)
        if types:
            troubles = {"format": 0.9, "value": 0.9, "schema": 0.6, "crash": 0.3, "errors": 0.3, "limit": 0.2}
            found.append(Effect("name", f"type {types[0]} became {types[1]} ({new.strip()[:80]})", troubles, 0.9, "changed type", place.path, place.heading, new=words.telling(new)[0]))  # fmt: skip
    found += _written(place)
    return found


def _renamed(old: str, new: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names in strings, tags, keys and fields that only one of two versions of a line has."""
    one, two = frozenset(_wire_names(old)), frozenset(_wire_names(new))
    gone = frozenset(each for each in one - two if re.search(r"[A-Za-z]", each) and len(each) < 60)
    came = frozenset(each for each in two - one if re.search(r"[A-Za-z]", each) and len(each) < 60)
    return gone, came


def _wire_names(line: str) -> Iterator[str]:
    yield from _TAG.findall(line)
    for each in words.strings(line):
        if re.fullmatch(r"[\w.\-/:{}]+", each) and not re.fullmatch(r"[\d.]+\w{0,3}", each):
            yield each
    for found in _FIELD.findall(line):
        yield from (part for part in found if part)


def _typed(old: str, new: str) -> tuple[str, str] | None:
    one, two = ([each[0] for each in _TYPES.findall(line)] for line in (old, new))
    gone, came = [e for e in one if e not in two], [e for e in two if e not in one]
    return (gone[0], came[0]) if gone and came else None


def _written(place: Place) -> list[Effect]:
    gone = [each for each in place.removed if _SERIAL.search(each)]
    came = [each for each in place.added if _SERIAL.search(each)]
    if not gone or not came or place.kind == "resources":
        return []
    lost = frozenset(each for each in place.lost if _SERIAL.search(each))
    gained = frozenset(each for each in place.gained if _SERIAL.search(each))
    if not lost or not gained or _parts(lost) & _parts(gained):
        return []  # nothing, or the same way of writing under another name
    troubles = {"format": 0.9, "value": 0.5, "errors": 0.3, "missing": 0.3, "backlog": 0.4, "cpu": 0.2}
    says = f"{', '.join(sorted(lost)[:3])} became {', '.join(sorted(gained)[:3])} in {place.heading or place.path or 'code'}"
    return [Effect("name", says, troubles, 0.7, "changed format", place.path, place.heading, gone=frozenset(map(words.key, lost)), new=frozenset(map(words.key, gained)))]  # fmt: skip


def _parts(found: frozenset[str]) -> frozenset[str]:
    return frozenset(part for each in found for part in words.split(each) if _SERIAL.search(part))
