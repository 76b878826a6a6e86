"""Records go to JSON and back: frozen dataclasses, closed fields, a schema version on each document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from telic.errors import InvalidRecord

T = TypeVar("T")


def dump(record: object, *, schema: str = "", indent: int = 0) -> bytes:
    """Encode a record as JSON.

    Parameters
    ----------
    record
        A frozen dataclass, or any container of them.
    schema
        ``"telic/incident/v1"``-like; wraps the record as a document that `load` can check.
    indent
        Spaces a level [1]; 0 for one line.
    """
    payload: object = {"schema": schema, "record": record} if schema else record
    encoded = msgspec.json.encode(payload, enc_hook=_plain)
    return msgspec.json.format(encoded, indent=indent) if indent else encoded


def load(kind: type[T], data: bytes | str, *, schema: str = "") -> T:
    """Decode JSON into a record of type `kind`; refuse another schema and a wrong shape.

    Raises
    ------
    InvalidRecord
        Not JSON, another schema version, or a field that does not fit (the message has its path).
    """
    try:
        if not schema:
            return msgspec.json.decode(data, type=kind, strict=False, dec_hook=_rich)
        document = msgspec.json.decode(data)
        found = document.get("schema") if isinstance(document, dict) else None
        if found != schema:
            raise InvalidRecord(f"schema {found!r} where {schema!r} was expected", hint="written by another version?")
        return msgspec.convert(document["record"], type=kind, strict=False, dec_hook=_rich)
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError) as error:
        raise InvalidRecord(f"not a {kind.__name__}: {error}", hint="see the schema in telic.model") from error


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> Path:
    """Write a file that appears, or changes, as a whole or not at all; return its path.

    Parameters
    ----------
    mode
        Its permissions, less what the process masks.

    Raises
    ------
    OSError
        The disk did not take it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.touch(mode=mode)
    part.write_bytes(content)
    part.replace(path)
    return path


def plain(record: object) -> object:
    """Return a record as dictionaries, lists, text and numbers."""
    return msgspec.to_builtins(record, enc_hook=_plain)


def _plain(value: object) -> object:
    if hasattr(value, "as_posix"):
        return str(value)
    raise InvalidRecord(f"cannot write a {type(value).__name__} as JSON", hint="use the types of telic.model")


def _rich(kind: type, value: object) -> object:
    if kind is object:  # values of Mapping[str, object] stay as they are
        return value
    if issubclass(kind, Path) and isinstance(value, str):
        return Path(value)
    raise InvalidRecord(f"cannot read a {kind.__name__} from JSON", hint="use the types of telic.model")
