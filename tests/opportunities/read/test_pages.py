from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.opportunities import store
from telic.opportunities.kernels.keys import unmix_all
from telic.opportunities.kernels.pages import coded, page_header
from telic.opportunities.read import Columns, open_source
from telic.opportunities.read.pages import filled_up
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
        read = source.ids(piece, "id")
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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 50), (40, 90)),
        ((-50, 0), (-10, 40)),
        ((2**31 - 30, 2**31), (2**31, 2**31 + 30)),  # the second piece does not fit into half a word, and is dense
        ((0, 50), (2**40, 2**40 + 50)),  # nor does this one, and they lie far apart
        ((-(2**31), -(2**31) + 9), (2**31 - 9, 2**31)),
    ],
)
@pytest.mark.parametrize("how", [{}, {"use_dictionary": False}, {"compression": "zstd"}], ids=str)
def test_whole_numbers_of_any_size_are_groups(
    first: tuple[int, int], second: tuple[int, int], how: dict[str, Any], tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    values = np.concatenate([random.integers(*first, 600), random.integers(*second, 600)])
    path = tmp_path / "ids.parquet"
    pq.write_table(pa.table({"id": values, "event": ["e"] * len(values)}), path, row_group_size=600, **how)
    source = Parquet("ids", [path])
    for piece, each in enumerate((values[:600], values[600:])):
        read = source.ids(piece, "id")
        assert (read is not None) == bool((abs(each) < 2**31).all() or each.min() == -(2**31))
        assert read is None or (read[0] == 0 and read[1].dtype == np.int32 and (read[1] == each).all())
    prepared = store.load(source, COLUMNS)
    sizes = dict(zip(map(str, prepared.groups), np.diff(prepared.offsets).tolist(), strict=True))
    numbers, counts = np.unique(values, return_counts=True)
    assert sizes == dict(zip(map(str, numbers.tolist()), counts.tolist(), strict=True))


@pytest.mark.parametrize("names", [1, 128, 129, 300])
def test_names_are_the_same_however_many_there_are(names: int, tmp_path: Path) -> None:
    values = [f"event {n % names}" for n in range(2_000)]
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table({"id": [n // 4 for n in range(2_000)], "event": values}), path, row_group_size=900)
    prepared = store.load(Parquet("events", [path]), COLUMNS)
    assert [prepared.names.labels[code] for code in prepared.names.codes] == values


def test_a_damaged_page_is_not_read_as_ids(tmp_path: Path) -> None:
    path = tmp_path / "ids.parquet"
    source = written(path, list(ids(2_000, 300)), use_dictionary=False, compression="none")
    raw = bytearray(path.read_bytes())
    for at in range(100, 30_000, 997):
        raw[at] ^= 0xFF
    path.write_bytes(raw)
    assert said(Parquet("damaged", [path])) is None
    del source


def columns(count: int) -> Any:
    random = np.random.default_rng(count)
    name = pa.array([("buy", "köp", "", "look at")[n] for n in random.integers(0, 4, count)])
    return pa.table(
        {
            "number": pa.array(random.integers(-(1 << 62), 1 << 62, count)),
            "few": pa.array(random.integers(0, 5, count)),
            "one": pa.array(np.full(count, 7)),
            "us": pa.array(random.integers(0, 1 << 50, count)).cast(pa.timestamp("us", "UTC")),
            "ns": pa.array(random.integers(0, 1 << 60, count)).cast(pa.timestamp("ns")),
            "s": pa.array(random.integers(0, 1 << 30, count)).cast(pa.timestamp("s")),
            "name": name,
            "bytes": name.cast(pa.binary()),
            "large": name.cast(pa.large_string()),
            "truth": pa.array(random.random(count) < 0.3),
            "holes": pa.array([None if n % 7 == 0 else n for n in range(count)], pa.int64()),
            "missing": pa.nulls(count, pa.string()),
            "share": pa.array(random.random(count)),
            "short": pa.array(random.integers(0, 9, count), pa.int16()),
        }
    )


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compression": "none", "use_dictionary": False},
        {"compression": "zstd", "data_page_version": "2.0", "row_group_size": 1_001},
        {"compression": "gzip", "dictionary_pagesize_limit": 900, "data_page_size": 300, "write_batch_size": 64},
        {"coerce_timestamps": "ms", "allow_truncated_timestamps": True, "write_statistics": False},
        {"compression": "lz4"},
    ],
    ids=str,
)
@pytest.mark.parametrize("encoded", [True, False])
def test_columns_from_pages_are_those_of_the_general_reader(how: dict[str, Any], encoded: bool, tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pq.write_table(columns(3_333), path, **how)
    source, general = Parquet("events", [path]), pq.read_table(path)
    names = general.column_names
    read = [source.read(piece, names, encoded=encoded) for piece in range(len(source.sizes))]
    for name in names:
        found = pa.concat_arrays([array for table in read for array in _plain(table.column(name)).chunks])
        assert found.cast(general.column(name).type).equals(general.column(name).combine_chunks())


def _plain(column: Any) -> Any:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def test_usual_columns_are_read_from_pages(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    pq.write_table(columns(20_000), path, compression="zstd")
    source = Parquet("events", [path])
    from_pages = {name for name in source.schema.names if source._from_pages(0, name, True) is not None}
    assert from_pages == {"number", "few", "one", "us", "ns", "s", "name", "bytes", "truth"}


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), min_size=1, max_size=60),
    st.sampled_from(["1.0", "2.0"]),
)
def test_runs_of_repeated_values_are_decoded(runs: list[tuple[int, int]], version: str) -> None:
    values = [value for value, times in runs for _ in range(times)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        pq.write_table(pa.table({"n": values}), path, data_page_version=version)
        assert Parquet("events", [path]).read(0, ["n"]).column("n").to_pylist() == values


@given(st.binary(max_size=40), st.integers(0, 12), st.integers(0, 50))
def test_no_bytes_lead_an_index_out_of_its_dictionary(page: bytes, width: int, count: int) -> None:
    keys, out = filled_up(np.arange(5), width), np.full(count, -1)
    held = np.frombuffer(page, np.uint8)
    keys[5:] = -9  # of indices that nothing stands for
    if coded(held, 0, width, keys, 5, count, out):
        assert ((out >= 0) & (out < 5)).all()


@given(st.binary(max_size=60))
def test_no_bytes_lead_a_header_beyond_its_page(header: bytes) -> None:
    said = np.zeros(10, np.int64)
    at = page_header(np.frombuffer(header, np.uint8), 0, len(header), np.zeros(8, np.int64), said)
    assert -1 <= at <= len(header)
