"""The rows with which a design's tables start, with the values that the database's driver would give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from telic.errors import InvalidDesign
from telic.model import Design

Row = dict[str, object]
_CONVERT: dict[str, Callable[[str], object]] = {"DATE": date.fromisoformat, "TIMESTAMPTZ": datetime.fromisoformat}


def seed_rows(design: Design, service: str) -> dict[str, list[Row]]:
    """Return the rows of every table of `service` by the table's name, the oldest first; absent columns are None.

    They are shared by all worlds of a process: nobody may change them.
    """
    found: dict[str, list[Row]] = {}
    for table in design.service(service).tables:
        path = design.folder / "seed" / f"{service}.{table.name}.jsonl"
        if path.is_file():
            found[table.name] = _rows(path, path.stat().st_mtime_ns, tuple(table.columns.items()), table.key)
    return found


@lru_cache(maxsize=64)
def _rows(path: Path, changed: int, columns: tuple[tuple[str, str], ...], key: tuple[str, ...]) -> list[Row]:
    try:
        lines = msgspec.json.Decoder().decode_lines(path.read_bytes())
    except msgspec.DecodeError as error:
        raise InvalidDesign(f"{path.name}: {error}", hint="one JSON object a line") from error
    rows = [_row(each, dict(columns)) for each in lines]
    if "created_at" in dict(columns):
        rows.sort(key=lambda row: (str(row["created_at"]), [str(row[each]) for each in key]))
    return rows


def _row(given: dict[str, object], columns: dict[str, str]) -> Row:
    row: Row = dict.fromkeys(columns)
    for name, value in given.items():
        convert = _CONVERT.get(columns.get(name, "").split(" ")[0])
        row[name] = convert(value) if convert is not None and isinstance(value, str) else value
    return row
