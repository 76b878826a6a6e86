"""Attributes of OpenTelemetry as values and as JSON text."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

Json = dict[str, object]

RESERVED = frozenset(
    ("resource", "scope", "events", "links", "trace_state", "temporality", "min", "max", "exemplars", "description")
)
"""Keys inside the ``attributes`` column that are no attributes."""

_PLAIN = frozenset(("string_value", "int_value", "bool_value"))
_KEPT = 512  # resources and scopes whose text is remembered
encode = msgspec.json.encode


def attributes(pairs: Iterable[KeyValue]) -> Json:
    """Return attributes as JSON values, by name."""
    found: Json = {}
    for pair in pairs:
        value = pair.value
        kind = value.WhichOneof("value")
        found[pair.key] = getattr(value, kind) if kind in _PLAIN else any_value(value)
    return found


def any_value(value: AnyValue) -> object:
    """Return one value as JSON has it: bytes as base64; what JSON has no number for as ``"NaN"`` or ``"Infinity"``."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "double_value":
        return number(value.double_value)
    if kind == "array_value":
        return [any_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def number(value: float) -> object:
    """Return `value`, or its name where JSON has no such number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def text_of(found: Json, tail: bytes = b"", extra: Mapping[str, object] | None = None) -> bytes:
    """Encode an ``attributes`` column.

    Parameters
    ----------
    found
        The thing's own attributes; one with a reserved name becomes ``attribute.<name>``.
    tail
        More members as text, without braces.
    extra
        More members; their names are reserved ones.
    """
    if not RESERVED.isdisjoint(found):
        found = {f"attribute.{name}" if name in RESERVED else name: value for name, value in found.items()}
    if extra:
        found = {**found, **extra}
    if not tail:
        return encode(found)
    return encode(found)[:-1] + b"," + tail + b"}" if found else b"{" + tail + b"}"


class Origin:
    """Who sent something: columns and the rest of the resource as text.

    Parameters
    ----------
    resource
        As it arrived.
    columns
        Names of resource attributes that the table has a column for.
    """

    def __init__(self, resource: Resource, columns: tuple[str, ...]) -> None:
        found = attributes(resource.attributes)
        taken = [found.pop(name) if isinstance(found.get(name), str) else "" for name in columns]
        self.columns = [str(each) for each in taken]
        self._resource = b'"resource":' + encode(found) if found else b""
        self._tails: dict[bytes, bytes] = {}

    def tail(self, scope: InstrumentationScope) -> bytes:
        """Return resource and `scope` as members of a JSON object, without braces."""
        key = scope.SerializeToString()
        if (known := self._tails.get(key)) is None:
            if len(self._tails) >= _KEPT:
                self._tails.clear()
            known = self._tails[key] = b",".join(filter(None, (self._resource, _scope_text(scope))))
        return known


class Origins:
    """Resources seen so far, so that each is read once and not with every batch."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._known: dict[bytes, Origin] = {}

    def of(self, resource: Resource) -> Origin:
        """Return what is known of `resource`."""
        key = resource.SerializeToString()
        if (known := self._known.get(key)) is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[key] = Origin(resource, self._columns)
        return known


def _scope_text(scope: InstrumentationScope) -> bytes:
    said: Json = {"name": scope.name, "version": scope.version, "attributes": attributes(scope.attributes)}
    said = {name: value for name, value in said.items() if value}
    return b'"scope":' + encode(said) if said else b""
