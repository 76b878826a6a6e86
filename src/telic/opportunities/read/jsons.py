"""JSON: a document a line, or one array of them; members of members become columns ``a.b``; or runs of agents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pyarrow
import pyarrow.json

from telic.errors import UsageError
from telic.opportunities.read.conversations import conversations
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
pa_json: Any = pyarrow.json
DEEPEST = 4  # levels of members that become columns [1]
BLOCK = 1 << 24  # bytes that are parsed at once: the longest line [bytes]


def open_json(name: str, paths: list[Path]) -> Rows:
    """Read JSON files, also compressed ones.

    Raises
    ------
    UsageError
        A file cannot be read; the message has the row.
    """
    if (runs := conversations(name, paths)) is not None:
        return runs
    tables = [_flat(_file(path)) for path in paths]
    return Rows(name, pa.concat_tables(tables, promote_options="permissive"))


def _file(path: Path) -> Any:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            first = stream.read(1_024).lstrip()[:1]
        if not first:
            raise UsageError(f"{path} is empty", hint="give a file with a document a line")
        with pa.input_stream(str(path), compression="detect") as stream:
            if first == b"[":
                return pa.Table.from_pylist(msgspec.json.decode(stream.read(), type=list[dict[str, Any]]))
            return pa_json.read_json(stream, read_options=pa_json.ReadOptions(block_size=BLOCK))
    except (pa.ArrowException, msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path}: {error}", hint="one JSON object a line, each with the same types") from error


def _flat(table: Any) -> Any:
    for _ in range(DEEPEST):
        if not any(pa.types.is_struct(each.type) for each in table.schema):
            break
        table = table.flatten()
    return table
