"""Opens what an address names: a file by its ending, a table by its URL."""

from __future__ import annotations

import glob
from pathlib import Path

from telic.errors import UsageError
from telic.opportunities.read.parquet import Parquet
from telic.opportunities.read.source import Source

PARQUET = (".parquet", ".pq")


def open_source(address: str | Path) -> Source:
    """Open events of others.

    Parameters
    ----------
    address
        A Parquet file, a folder or a pattern of such.

    Raises
    ------
    UsageError
        There is nothing, or nothing that can be read.
    """
    text = str(address)
    path = Path(text)
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix in PARQUET)
    else:
        found = [path] if path.is_file() else sorted(Path(each) for each in glob.glob(text, recursive=True))
    if not found:
        raise UsageError(f"no file {text}", hint="give a file, a folder of Parquet files, or a pattern in quotes")
    if all(each.suffix in PARQUET for each in found):
        return Parquet(text, found)
    raise UsageError(f"cannot tell what {text} is", hint=f"known endings: {', '.join(PARQUET)}")
