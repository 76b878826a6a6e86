"""CSV files: delimiter and header found by looking, times left as they are written, lines of another width counted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.csv

from telic.errors import UsageError
from telic.opportunities.model import Exclusion
from telic.opportunities.read.source import Rows

pa: Any = pyarrow
pa_csv: Any = pyarrow.csv
DELIMITERS = ",;\t|"
HEAD = 1 << 16  # bytes that are looked at for delimiter and header [bytes]
NULLS = ["", "NULL", "null", "NaN", "nan"]
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_NO_TIMES = ["%never"]  # a format that nothing has: whoever reads the columns decides what a time is


def open_csv(name: str, paths: list[Path]) -> Rows:
    """Read CSV files of the same columns, also compressed ones.

    Raises
    ------
    UsageError
        A file cannot be read, or has other columns than the first.
    """
    tables: list[Any] = []
    lost = 0
    for path in paths:
        table, wrong = _file(path)
        if tables and table.schema.names != tables[0].schema.names:
            raise UsageError(f"{path} has other columns than {paths[0]}", hint="give files that have the same columns")
        tables.append(table)
        lost += wrong
    said = (Exclusion("rows", lost, "another number of fields than the header has"),) if lost else ()
    return Rows(name, pa.concat_tables(tables, promote_options="permissive"), said)


def _file(path: Path) -> tuple[Any, int]:
    """Return the rows of a CSV file, and how many lines did not fit."""
    name, head = str(path), _head(path)
    if b"\0" in head:
        raise UsageError(f"{name} is no text", hint="a CSV file is text in UTF-8; give other files a fitting ending")
    text = head.decode("utf-8-sig", "replace")
    if not text.strip():
        raise UsageError(f"{name} is empty", hint="give a file with a header and rows")
    delimiter = _delimiter(text)
    header = _header(text, delimiter)
    lost = [0]

    def skip(row: Any) -> str:
        lost[0] += 1
        return "skip"

    def read(rows: Any, invalid: Callable[[Any], str] | None) -> Any:
        return pa_csv.read_csv(
            rows,
            read_options=pa_csv.ReadOptions(column_names=header, use_threads=True),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values='"' in text, invalid_row_handler=invalid
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False, strings_can_be_null=True, null_values=NULLS, timestamp_parsers=_NO_TIMES
            ),
        )

    try:
        try:
            return read(str(path), None), 0
        except pa.ArrowInvalid:  # a line of another width, or worse
            return read(_escaped(path), skip), lost[0]
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{name}: {error}", hint="check its quotes and its delimiter") from error


def _escaped(path: Path) -> Any:
    r"""Return a file's text to read from, what is not UTF-8 as ``\x`` escapes: Arrow shows no other lines to skip."""
    with pa.input_stream(str(path), compression="detect") as stream:
        content = stream.read()
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode("utf-8", "backslashreplace").encode()
    return io.BytesIO(content)


def _head(path: Path) -> bytes:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            return bytes(stream.read(HEAD))
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"cannot read {path}: {error}", hint="check the file") from error


def _delimiter(text: str) -> str:
    """Return the delimiter that the first lines have equally often, the most frequent of them."""
    lines = [line for line in text.splitlines()[:50] if line][:-1] or text.splitlines()[:1]
    best, most = ",", 0
    for each in DELIMITERS:
        counts = [len(fields) for fields in csv.reader(lines, delimiter=each)]
        if counts and min(counts) == max(counts) and counts[0] > max(1, most):
            best, most = each, counts[0]
    if not most:
        best = max(DELIMITERS, key=lines[0].count)
    return best


def _header(text: str, delimiter: str) -> list[str] | None:
    """Return names for the columns of a file without a header; None where its first line is one."""
    first = next(csv.reader(io.StringIO(text), delimiter=delimiter))
    if not any(_NUMBER.fullmatch(field.strip()) for field in first):
        return None
    return [f"column_{number}" for number in range(1, len(first) + 1)]
