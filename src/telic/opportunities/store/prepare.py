"""Prepares events once: the same content with the same columns is found again, and files that came later are added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from telic.errors import UsageError
from telic.opportunities.kernels.compiled import THREADS
from telic.opportunities.model import Prepared
from telic.opportunities.read.columns import Columns
from telic.opportunities.read.source import Source
from telic.opportunities.store import folder
from telic.opportunities.store.assemble import assemble
from telic.opportunities.store.extend import joined

Progress = Callable[[float], None]


def prepare(
    source: Source,
    columns: Columns,
    *,
    home: Path,
    grouping: str = "session",
    progress: Progress | None = None,
    threads: int = THREADS,
) -> Prepared:
    """Return a source's events in groups, from the folder where they were put before or put there now.

    Parameters
    ----------
    home
        Where prepared events lie; each has a folder of its own, named by its content.
    grouping
        What a group is called in sentences.
    progress
        Is told the share that is done.

    Raises
    ------
    NotEnoughData
        No row can be used.
    UsageError, StoreFailed
        The source cannot be read, the folder not written.
    """
    told = progress or _unheard
    parts = source.parts()
    inputs = tuple(part.key() for part in parts)
    for known in range(len(parts), 0, -1):
        there = home / _key(inputs[:known], columns, grouping)
        if folder.exists(there):
            prepared = open_folder(there)
            return _extended(there, parts[known:], inputs[known:], threads) if known < len(parts) else prepared
    made = assemble(source, columns, grouping=grouping, progress=told, threads=threads)
    to = home / _key(inputs, columns, grouping)
    folder.write(made, columns, inputs, to)
    told(1.0)
    return open_folder(to)


def open_folder(path: Path) -> Prepared:
    """Return the events that lie prepared in a folder.

    Raises
    ------
    UsageError
        There are none, or of another version.
    """
    return folder.read(path).parts.prepared(str(path))


def extend(path: Path, source: Source, *, threads: int = THREADS) -> Prepared:
    """Return prepared events with those of another source added, in a folder of their own beside.

    Groups that are in both go on, in order of time; the columns are those of the first.

    Raises
    ------
    UsageError
        The source lacks a column, or the folder holds nothing.
    """
    parts = source.parts()
    return _extended(path, parts, tuple(part.key() for part in parts), threads)


def _extended(path: Path, sources: Sequence[Source], inputs: tuple[str, ...], threads: int) -> Prepared:
    kept = folder.read(path)
    to = path.parent / _key((*kept.inputs, *inputs), kept.columns, kept.parts.grouping)
    if not folder.exists(to):
        made = kept.parts
        for source in sources:
            _check(source, kept.columns)
            more = assemble(source, kept.columns, grouping=made.grouping, progress=_unheard, threads=threads)
            made = joined(made, more, threads)
        folder.write(made, kept.columns, (*kept.inputs, *inputs), to)
    return open_folder(to)


def _check(source: Source, columns: Columns) -> None:
    wanted = [columns.time, columns.event, columns.group, columns.user, *columns.attributes, *columns.numbers]
    missing = [name for name in wanted if name and name not in source.schema.names]
    if missing:
        raise UsageError(f"{source.name} has no column {missing[0]!r}", hint="add events that have the same columns")


def _key(inputs: Sequence[str], columns: Columns, grouping: str) -> str:
    read = asdict(columns)
    del read["why"], read["left"]
    said = json.dumps([folder.FORMAT, list(inputs), read, grouping])
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _unheard(share: float) -> None:
    del share
