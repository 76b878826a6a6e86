"""XES event logs: traces become groups, attributes of a trace columns ``case:...``.

Source: IEEE 1849-2016, section 5; https://www.xes-standard.org/
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow

from telic.errors import UsageError
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
CASE = "case:concept:name"
_KINDS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "id": str,
    "date": str,
    "int": int,
    "float": float,
    "boolean": lambda text: text == "true",
}


def open_xes(name: str, paths: list[Path]) -> Rows:
    """Read event logs, also compressed ones.

    Raises
    ------
    UsageError
        A file is no well-formed XML, or a value is not of its type.
    """
    columns: dict[str, list[Any]] = {}
    count = 0
    for path in paths:
        for event in _events(path):
            for key, value in event.items():
                column = columns.setdefault(key, [])
                column.extend([None] * (count - len(column)))
                column.append(value)
            count += 1
    if not count:
        raise UsageError(f"{name} holds no event", hint="give a log with traces and events in them")
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return Rows(name, pa.table({key: _array(values) for key, values in columns.items()}))


def _events(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.name.endswith(".gz") else open
    traces = 0
    try:
        with opened(path, "rb") as file:
            for _, element in ElementTree.iterparse(file):
                if _tag(element) != "trace":
                    continue
                traces += 1
                case = {f"case:{key}": value for key, value in _attributes(element, path)}
                case.setdefault(CASE, f"trace {traces}")
                for child in element:
                    if _tag(child) == "event":
                        yield case | dict(_attributes(child, path))
                element.clear()
    except (ElementTree.ParseError, OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path}: {error}", hint="a log in XES is XML") from error


def _attributes(element: Any, path: Path) -> Iterator[tuple[str, Any]]:
    for child in element:
        kind, key, value = _tag(child), child.get("key"), child.get("value")
        if kind in _KINDS and key and value is not None:
            try:
                yield key, _KINDS[kind](value)
            except ValueError as error:
                raise UsageError(f"{path}: {key} = {value!r} is no {kind}", hint="correct the log") from error


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _array(values: list[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1:
        numeric = kinds <= {int, float}
        values = [None if value is None else float(value) if numeric else str(value) for value in values]
    return pa.array(values)
