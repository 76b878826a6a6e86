"""Attributes of OpenTelemetry as values and as JSON text."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

K = TypeVar("K", bytes, tuple[bytes, ...])
T = TypeVar("T")
Json = dict[str, object]

RESERVED = frozenset(
    (
        "resource",
        "scope",
        "events",
        "links",
        "trace_state",
        "temporality",
        "monotonic",
        "min",
        "max",
        "exemplars",
        "description",
        "scale",
    )
)
"""Keys inside the ``attributes`` column that are no attributes."""

_PLAIN = frozenset(("string_value", "int_value", "bool_value"))
REMEMBERED_MAX = 4096  # [bytes]
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


class Remembered(Generic[K, T]):
    """What was made of bytes, so that bytes seen before need no reading.

    Parameters
    ----------
    read
        Makes the thing.
    most
        Things that are remembered [1]; then memory begins anew. Of more than 4 KiB none is.
    """

    def __init__(self, read: Callable[[K], T], *, most: int) -> None:
        self._read: Callable[[K], T] = read
        self._most = most
        self._known: dict[K, T] = {}

    def __call__(self, data: K) -> T:
        """Return what `data` say."""
        known = self._known.get(data)
        if known is not None:
            return known
        made: T = self._read(data)
        size = len(data) if isinstance(data, bytes) else sum(map(len, data))
        if size <= REMEMBERED_MAX:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[data] = made
        return made


class Said:
    """What a set of attributes says: the values of some columns, and the rest as text.

    Parameters
    ----------
    data
        Attributes as they arrived.
    columns
        Names of attributes with columns of their own, for text.
    status
        Name of the one whose column holds a whole number.
    """

    __slots__ = ("_texts", "columns", "found", "number")

    def __init__(self, data: tuple[bytes, ...], columns: tuple[str, ...], status: str | None = None) -> None:
        self.found = attributes(map(KeyValue.FromString, data))
        self.columns = tuple(take_text(self.found, name) for name in columns)
        self.number = None if status is None else _take_number(self.found, status)
        self._texts: dict[bytes, bytes] = {}

    def text(self, tail: bytes) -> bytes:
        """Return the rest, followed by the members `tail`."""
        known = self._texts.get(tail)
        if known is None:
            if len(self._texts) >= 16:
                self._texts.clear()
            known = self._texts[tail] = text_of(self.found, tail)
        return known


class Origin:
    """Who sent something: columns and the rest of the resource as text.

    Parameters
    ----------
    data
        The resource as it arrived.
    columns
        Names of resource attributes that the table has a column for.
    """

    def __init__(self, data: bytes, columns: tuple[str, ...]) -> None:
        found = attributes(Resource.FromString(data).attributes)
        self.columns = [take_text(found, name) for name in columns]
        self._resource = b'"resource":' + encode(found) if found else b""
        self.tail = Remembered(self._tail_of, most=64)

    def _tail_of(self, scope: bytes) -> bytes:
        """Return resource and scope as members of a JSON object, without braces."""
        return b",".join(filter(None, (self._resource, _scope_text(InstrumentationScope.FromString(scope)))))


def origins(*columns: str) -> Remembered[bytes, Origin]:
    """Return a memory of resources; `columns` are the resource attributes that the table has columns for."""
    return Remembered(lambda data: Origin(data, columns), most=256)


def take_text(found: Json, name: str) -> str:
    """Take an attribute out if it is text; its column holds it then."""
    value = found.get(name)
    if not isinstance(value, str):
        return ""
    del found[name]
    return value


def _take_number(found: Json, name: str) -> int | None:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        return None
    del found[name]
    return value


def _scope_text(scope: InstrumentationScope) -> bytes:
    said: Json = {"name": scope.name, "version": scope.version, "attributes": attributes(scope.attributes)}
    said = {name: value for name, value in said.items() if value}
    return b'"scope":' + encode(said) if said else b""
