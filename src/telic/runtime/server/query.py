"""Reads by ``GET``: a query string to the builtins that a request type is made from."""

from __future__ import annotations

from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
import msgspec.structs

from telic.runtime.failures import Malformed


def list_fields(request: Any) -> frozenset[str]:
    """Return the names of a struct's fields that hold lists, which a query may name once.

    Examples
    --------
    >>> Ask = msgspec.defstruct("Ask", [("kinds", list[str]), ("days", list[str] | None), ("km", float)])
    >>> sorted(list_fields(Ask))
    ['days', 'kinds']
    """
    if not (isinstance(request, type) and issubclass(request, msgspec.Struct)):
        return frozenset()
    info = msgspec.structs.fields(request)
    return frozenset(
        each.encode_name
        for each in info
        if any(get_origin(part) in (list, tuple, set, frozenset) for part in (each.type, *get_args(each.type)))
    )


def parse_query(query: str, lists: frozenset[str] = frozenset()) -> dict[str, object]:
    """Return nested dictionaries by dotted names, and lists by repeated names and those in `lists`.

    Examples
    --------
    >>> parse_query("at.lat=52.5&at.lon=13.4&kind=museum&kind=cinema")
    {'at': {'lat': '52.5', 'lon': '13.4'}, 'kind': ['museum', 'cinema']}
    """
    found: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        *path, last = name.split(".")
        place = found
        for step in path:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                raise Malformed(f"{name} and {step} cannot both be given", hint="give one of them")
            place = inner
        _put(place, last, value, name)
    for name in lists:
        if isinstance(found.get(name), str):
            found[name] = [found[name]]
    return found


def _put(place: dict[str, object], last: str, value: str, name: str) -> None:
    before = place.get(last)
    if before is None:
        place[last] = value
    elif isinstance(before, str):
        place[last] = [before, value]
    elif isinstance(before, list):
        before.append(value)
    else:
        raise Malformed(f"{name} is given as a whole and in parts", hint="give one of them")
