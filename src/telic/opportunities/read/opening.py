"""Opens what an address names: a file by its ending, a table by its URL, a running system by its name."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path

from telic.errors import UsageError
from telic.opportunities.read.csvs import open_csv
from telic.opportunities.read.databases import is_postgresql, open_duckdb, open_postgresql, split_duckdb
from telic.opportunities.read.jsons import open_json
from telic.opportunities.read.parquet import Parquet
from telic.opportunities.read.source import Source
from telic.opportunities.read.stored import open_stored, system_of
from telic.opportunities.read.xes import open_xes

_FORMATS: dict[str, Callable[[str, list[Path]], Source]] = {
    ".parquet": Parquet, ".pq": Parquet, ".csv": open_csv, ".tsv": open_csv, ".jsonl": open_json, ".ndjson": open_json,
    ".json": open_json, ".xes": open_xes,
}  # fmt: skip
_PACKED = (".gz", ".bz2", ".zst")


def open_source(address: str | Path) -> Source:
    """Open events of others.

    Parameters
    ----------
    address
        A file (Parquet, CSV, JSON lines, XES; text also compressed), a folder or a pattern of files of one kind,
        ``FILE.duckdb::TABLE``, ``postgresql://USER@HOST/DATABASE#TABLE``, or the name of a running system, whose spans
        are read (``NAME#logs``: its logs).

    Raises
    ------
    UsageError
        There is nothing, or nothing that can be read.
    """
    text = str(address)
    if is_postgresql(text):
        return open_postgresql(text)
    if (named := split_duckdb(text)) is not None:
        return open_duckdb(*named)
    found = _files(text)
    if not found:
        if (system := system_of(text)) is not None:
            return open_stored(*system)
        raise UsageError(
            f"no file {text}",
            hint="give a file, a folder, a pattern in quotes, FILE.duckdb::TABLE, postgresql://...#TABLE or a system",
        )
    endings = sorted({_ending(each) for each in found})
    if len(endings) > 1 or endings[0] not in _FORMATS:
        said = " and ".join(each or "no ending" for each in endings)
        raise UsageError(f"{text}: cannot read {said}", hint=f"files of one kind: {', '.join(_FORMATS)}")
    return _FORMATS[endings[0]](text, found)


def _files(text: str) -> list[Path]:
    path = Path(text)
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if _ending(each) in _FORMATS and not each.name.startswith("."))
    if path.is_file():
        return [path]
    return sorted(Path(each) for each in glob.glob(text, recursive=True) if Path(each).is_file())


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() in _PACKED else path.suffix.lower()
