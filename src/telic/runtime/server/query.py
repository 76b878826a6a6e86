"""Reads by ``GET``: a query string to the builtins that a request type is made from."""

from __future__ import annotations

from urllib.parse import parse_qsl

from telic.runtime.failures import Malformed


def parse_query(query: str) -> dict[str, object]:
    """Return nested dictionaries by dotted names, and lists by repeated ones.

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
