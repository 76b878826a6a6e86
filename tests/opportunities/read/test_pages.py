from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from telic.opportunities import store
from telic.opportunities.kernels.keys import unmix_all
from telic.opportunities.read import Columns, open_source
from telic.opportunities.read.parquet import Parquet

pa: Any = pyarrow
pq: Any = pyarrow.parquet
COLUMNS = Columns("", "event", "id", "")


def ids(count: int, distinct: int, digits: int = 16) -> list[str]:
    random = np.random.default_rng(count)
    known = [f"{int(each):0{digits}x}"[-digits:] for each in random.integers(0, 1 << 62, distinct)]
    return [known[int(n)] for n in random.integers(0, distinct, count)]


def written(path: Path, values: list[str | None], **how: Any) -> Parquet:
    kind = pa.field("id", pa.string(), nullable=how.pop("nullable", True))
    rows = pa.table([pa.array(values, pa.string()), pa.array(["e"] * len(values))], pa.schema([kind, pa.field("event", pa.string())]))  # fmt: skip  # noqa: E501
    pq.write_table(rows, path, **how)
    source = open_source(path)
    assert isinstance(source, Parquet)
    return source


def said(source: Parquet) -> list[str] | None:
    found: list[str] = []
    for piece in range(len(source.sizes)):
        read = source.digits(piece, "id")
        if read is None:
            return None
        numbers = np.empty(len(read[1]), np.uint64)
        unmix_all(read[1], numbers)
        found.extend(f"{int(number):0{read[0]}x}" for number in numbers)
    return found


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"use_dictionary": False},
        {"dictionary_pagesize_limit": 2_000},  # a dictionary at first, then plain
        {"data_page_version": "2.0"},
        {"data_page_version": "2.0", "use_dictionary": False, "compression": "gzip"},
        {"compression": "none", "data_page_size": 500},
        {"compression": "zstd", "row_group_size": 700},
        {"compression": "snappy", "nullable": False},
        {"compression": "brotli", "nullable": False, "use_dictionary": False},
    ],
    ids=str,
)
def test_ids_are_read_from_pages_of_every_kind(how: dict[str, Any], tmp_path: Path) -> None:
    values = ids(3_000, 400)
    assert said(written(tmp_path / "ids.parquet", list(values), **how)) == values


@pytest.mark.parametrize("digits", [1, 7, 16])
def test_shorter_ids_too(digits: int, tmp_path: Path) -> None:
    values = ids(200, 9, digits)
    assert said(written(tmp_path / "ids.parquet", list(values))) == values


@pytest.mark.parametrize(
    "odd", [None, "0123456789ABCDEF", "0123", "0123456789abcdeg", "é23456789abcdef", "0123456789abcdef0"]
)
@pytest.mark.parametrize("plain", [True, False])
def test_anything_else_is_left_to_the_general_reader(odd: str | None, plain: bool, tmp_path: Path) -> None:
    values: list[str | None] = [*ids(50, 9), odd, *ids(50, 9)]
    source = written(tmp_path / "ids.parquet", values, use_dictionary=not plain, row_group_size=60)
    assert said(source) is None
    prepared = store.load(source, COLUMNS)
    sizes = {group: int(size) for group, size in zip(prepared.groups, np.diff(prepared.offsets), strict=True)}
    assert sizes == {value: values.count(value) for value in values if value is not None}


def test_a_damaged_page_is_not_read_as_ids(tmp_path: Path) -> None:
    path = tmp_path / "ids.parquet"
    source = written(path, list(ids(2_000, 300)), use_dictionary=False, compression="none")
    raw = bytearray(path.read_bytes())
    for at in range(100, 30_000, 997):
        raw[at] ^= 0xFF
    path.write_bytes(raw)
    assert said(Parquet("damaged", [path])) is None
    del source
