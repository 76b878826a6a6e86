from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from telic.errors import NotEnoughData, StoreFailed, UsageError
from telic.opportunities import store
from telic.opportunities.model import Prepared
from telic.opportunities.read import Columns, columns, open_source
from telic.opportunities.read.source import Rows
from telic.opportunities.store import gathering, pieces

pa: Any = pyarrow
pq: Any = pyarrow.parquet
Row = Mapping[str, object]
START = 1_700_000_000_000_000_000


def events(prepared: Prepared) -> dict[str, list[tuple[int, str]]]:
    """Return time and name of each event, by id of its group."""
    found = {}
    for group in range(prepared.size):
        inside = range(int(prepared.offsets[group]), int(prepared.offsets[group + 1]))
        found[prepared.groups[group]] = [
            (int(prepared.at[index]), prepared.names.labels[prepared.names.codes[index]]) for index in inside
        ]
    return found


def by_hand(rows: Sequence[Row]) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        found.setdefault(str(row["session"]), []).append((int(str(row["at"])), str(row["event"])))
    return {group: sorted(each, key=lambda pair: pair[0]) for group, each in found.items()}


def made(seed: int, count: int, ids: Sequence[object]) -> list[dict[str, object]]:
    random = np.random.default_rng(seed)
    return [
        {
            "session": ids[int(random.integers(len(ids)))],
            "at": START + int(random.integers(50 * count)) * 1_000_003,
            "event": f"e{int(random.integers(7))}",
        }
        for _ in range(count)
    ]


def table(rows: Sequence[Row]) -> Any:
    found = pa.Table.from_pylist(list(rows)) if not _is_large(rows) else None
    if found is None:
        names = list(rows[0])
        columns = {name: [row[name] for row in rows] for name in names}
        found = pa.table({name: pa.array(columns[name], pa.uint64() if name == "session" else None) for name in names})
    return found


def _is_large(rows: Sequence[Row]) -> bool:
    return any(isinstance(row.get("session"), int) and int(str(row["session"])) >= 1 << 63 for row in rows)


def read(rows: Any, **overrides: str) -> tuple[Rows, Columns]:
    source = Rows("rows", rows if isinstance(rows, pa.Table) else table(rows))
    return source, columns(source, overrides=overrides)


IDS: dict[str, Sequence[object]] = {
    "dense numbers": range(40, 90),
    "sparse numbers": [(n * 7_919_999_983_111) % (1 << 62) for n in range(1, 60)],
    "hexadecimal": [f"{n * 0x9E3779B97F4A7C15 % (1 << 64):016x}" for n in range(50)],
    "beyond 2^63": [(1 << 64) - n for n in range(1, 40)],
    "words": ["", "a", "b" * 7, "c" * 8, "d" * 9, "e" * 40, "é", "ü" * 9],
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("row_group", [37, 1_000])
def test_every_event_is_in_its_group_in_order_of_time(kind: str, row_group: int, tmp_path: Path) -> None:
    rows = made(3, 600, IDS[kind])
    pq.write_table(table(rows), tmp_path / "events.parquet", row_group_size=row_group)
    source = open_source(tmp_path / "events.parquet")
    prepared = store.prepare(source, columns(source), home=tmp_path / "home")
    assert events(prepared) == by_hand(rows)
    again = store.open(Path(prepared.folder))
    assert events(again) == by_hand(rows)


def test_texts_with_the_same_hash_are_different_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made(5, 300, IDS["words"])

    def same(offsets: object, address: object, limit: object, out: Any) -> None:
        out[:] = np.uint64(7)

    monkeypatch.setattr(pieces, "hash_texts", same)
    source, chosen = read(rows)
    assert events(store.load(source, chosen)) == by_hand(rows)


def test_equal_times_keep_the_order_of_arrival() -> None:
    rows = [{"session": "s", "at": START + n % 2, "event": f"e{n}"} for n in range(60)]
    prepared = store.load(*read(rows))
    assert [name for _, name in events(prepared)["s"]] == [f"e{n}" for n in (*range(0, 60, 2), *range(1, 60, 2))]


def test_a_group_of_a_million_events_is_sorted_too(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    at = START + random.permutation(1_000_000) * 1_001
    rows = pa.table({"session": pa.array(["long"]).take(pa.array(np.zeros(len(at), np.int64))), "at": at})
    prepared = store.load(*read(rows, group="session", time="at"))
    assert np.array_equal(prepared.at, np.sort(at))
    wide = store.prepare(*read(rows, group="session", time="at"), home=tmp_path)
    assert np.array_equal(wide.at, prepared.at)


def test_what_is_constant_in_a_group_is_its_attribute_and_the_rest_is_of_events(tmp_path: Path) -> None:
    rows = [
        {"session": f"s{n % 300}", "user": f"u{n % 30}", "at": START + n, "event": "e", "os": f"os{n % 3}",
         "page": f"p{n % 7}", "price": n / 2 if n % 5 else None, "empty": None}
        for n in range(3_000)
    ]  # fmt: skip
    source, chosen = read(pa.Table.from_pylist(rows))
    prepared = store.prepare(source, chosen, home=tmp_path)
    assert set(prepared.of_groups) == {"os"}
    assert set(prepared.of_events) == {"page"}
    os = prepared.of_groups["os"]
    assert {prepared.groups[g]: os.labels[os.codes[g]] for g in range(prepared.size)} == {
        f"s{n}": f"os{n % 3}" for n in range(300)
    }
    price = prepared.numbers["price"]
    number = np.asarray(prepared.at - START)
    assert np.array_equal(np.isnan(price), number % 5 == 0)
    assert np.array_equal(price[number % 5 != 0] * 2, number[number % 5 != 0])
    assert len(np.unique(prepared.users)) == 30
    assert [each.why for each in prepared.exclusions] == ["empty: no value in any row"]


def test_a_few_groups_with_several_values_are_missing_and_said_so(tmp_path: Path) -> None:
    rows = [{"session": f"s{n % 300}", "at": START + n, "event": "e", "os": "a"} for n in range(900)]
    rows[0]["os"] = "b"
    prepared = store.prepare(*read(rows), home=tmp_path)
    column = prepared.of_groups["os"]
    assert [prepared.groups[int(g)] for g in np.flatnonzero(column.codes < 0)] == ["s0"]
    assert "os" in prepared.of_events
    assert [(each.what, each.count, each.why) for each in prepared.exclusions] == [
        ("groups", 1, "os: several values in one session; it counts as missing there")
    ]


@pytest.mark.parametrize("odd", [None, 0, 1, 250, 299])
def test_an_attribute_that_goes_along_is_what_it_would_be_alone(odd: int | None, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"session": f"s{n % 300}", "at": START + n, "event": f"e{n % 11}", "os": f"os{n % 3}" if n % 300 % 5 else None}
        for n in range(900)
    ]
    if odd is not None:
        rows[odd]["os"] = "another"
    source, chosen = read(rows, attributes="os")
    alone, along = store.prepare(source, chosen, home=tmp_path), store.load(source, chosen, along="os")
    assert events(along) == events(alone)
    for prepared in (alone, along):
        assert ("os" in prepared.of_events) == (odd is not None and odd % 5 != 0)
    one, other = alone.of_groups["os"], along.of_groups["os"]
    assert [(*one.labels, None)[code] for code in one.codes] == [(*other.labels, None)[code] for code in other.codes]
    assert alone.exclusions == along.exclusions


def test_rows_without_group_name_or_time_are_counted() -> None:
    good = [{"session": "s", "at": "2026-01-01T00:00:00Z", "event": "e"} for _ in range(9)]
    bad = [
        {"session": None, "at": "2026-01-01T00:00:00Z", "event": "e"},
        {"session": "s", "at": "soon", "event": "e"},
        {"session": "s", "at": None, "event": "e"},
        {"session": "s", "at": "2026-01-01T00:00:01Z", "event": None},
    ]
    prepared = store.load(*read([*good, *bad], time="at", event="event", group="session"))
    assert len(prepared.at) == 9
    assert {each.why: each.count for each in prepared.exclusions} == {
        "no group": 1, "no event name": 1, "no time that can be read": 2,
    }  # fmt: skip
    assert ("soon",) in [each.examples for each in prepared.exclusions]


def test_zones_are_heeded_and_times_without_one_among_them_left_out() -> None:
    rows = [
        {"session": "s", "at": "2026-01-01T12:00:00+02:00", "event": "second"},
        {"session": "s", "at": "2026-01-01T09:30:00Z", "event": "first"},
        {"session": "s", "at": "2026-01-01T08:00:00-05:00", "event": "third"},
        {"session": "s", "at": "2026-01-01T09:59:00", "event": "unknown"},
    ]
    prepared = store.load(*read(rows, time="at", group="session"))
    assert [name for _, name in events(prepared)["s"]] == ["first", "second", "third"]
    assert [(each.count, each.why) for each in prepared.exclusions] == [
        (1, "a time without a zone among times with one")
    ]


def test_rows_that_repeat_another_in_every_column_are_left_out_once_each(tmp_path: Path) -> None:
    rows = [{"session": f"s{n % 5}", "at": START + n // 2, "event": f"e{n % 3}", "id": f"i{n}"} for n in range(400)]
    twice = [*rows, *rows[:50], {**rows[7], "id": "another"}]
    prepared = store.prepare(*read(twice), home=tmp_path)
    assert len(prepared.at) == 401
    assert ("rows", 50, "the same as another row in every column") in [
        (each.what, each.count, each.why) for each in prepared.exclusions
    ]


def test_rows_that_repeat_are_kept_where_times_are_whole_seconds(tmp_path: Path) -> None:
    second = 1_000_000_000
    rows = [{"session": "s", "at": START // second * second + n // 2 * second, "event": "e"} for n in range(10)]
    prepared = store.prepare(*read(rows, group="session"), home=tmp_path)
    assert len(prepared.at) == 10
    assert [(each.count, each.why[:21]) for each in prepared.exclusions] == [(0, "5 rows repeat another")]


def test_names_that_are_not_utf8_stay_distinct_and_are_shown_escaped() -> None:
    names = pa.array([b"caf\xe9", b"caf\xe8", b"ok", b"caf\xe9"], pa.binary())
    rows = pa.table({"session": ["s"] * 4, "at": [START + n for n in range(4)], "event": names})
    prepared = store.load(*read(rows, group="session", event="event"))
    assert [name for _, name in events(prepared)["s"]] == ["caf\\xe9", "caf\\xe8", "ok", "caf\\xe9"]
    assert [(each.what, each.count) for each in prepared.exclusions] == [("names", 2)]


def test_no_usable_row_is_an_error_that_says_why() -> None:
    rows = pa.table({"session": pa.array([None], pa.string()), "at": [START], "event": ["e"]})
    with pytest.raises(NotEnoughData, match="1 with no group"):
        store.load(*read(rows, group="session"))


def test_prepared_together_and_one_after_the_other_are_the_same(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            **row,
            "user": f"u{str(row['session'])[-1]}",
            "os": f"os{len(str(row['session'])) % 3}",
            "page": f"p{n % 4}",
            "n": float(n),
        }
        for n, row in enumerate(made(9, 900, IDS["words"][1:]))
    ]
    first, second = rows[:500], rows[500:]
    source, chosen = read(rows, user="user")
    whole = store.prepare(source, chosen, home=tmp_path)
    part = store.prepare(Rows("first", table(first)), chosen, home=tmp_path)
    both = store.extend(Path(part.folder), Rows("second", table(second)))
    assert events(both) == events(whole)
    for prepared in (both, whole):
        assert set(prepared.of_groups) == {"os"}
        assert set(prepared.of_events) == {"page"}
    attribute = {}
    for name, prepared in (("both", both), ("whole", whole)):
        os, page = prepared.of_groups["os"], prepared.of_events["page"]
        order = np.lexsort([prepared.numbers["n"]])
        attribute[name] = (
            {prepared.groups[g]: os.labels[os.codes[g]] for g in range(prepared.size)},
            [page.labels[page.codes[index]] for index in order],
            {
                frozenset(prepared.groups[int(g)] for g in np.flatnonzero(prepared.users == u))
                for u in set(prepared.users.tolist())
            },
        )
    assert attribute["both"] == attribute["whole"]
    assert both.folder != part.folder
    assert events(store.open(Path(part.folder))) == by_hand(first)


def test_rows_delivered_twice_are_added_once(tmp_path: Path) -> None:
    rows = [{"session": f"s{n % 9}", "at": START + n * 7, "event": f"e{n % 3}"} for n in range(200)]
    source, chosen = read(rows[:150])
    part = store.prepare(source, chosen, home=tmp_path)
    both = store.extend(Path(part.folder), Rows("rest", table(rows[100:])))
    assert events(both) == by_hand(rows)
    assert [(each.what, each.count) for each in both.exclusions] == [("rows", 50)]


def test_a_folder_with_a_further_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made(2, 300, IDS["hexadecimal"])
    inbox = tmp_path / "in"
    inbox.mkdir()
    pq.write_table(table(rows[:200]), inbox / "1.parquet")
    source = open_source(inbox)
    chosen = columns(source)
    store.prepare(source, chosen, home=tmp_path / "home")
    pq.write_table(table(rows[200:]), inbox / "2.parquet")
    asked: list[str] = []
    real = pieces.read_piece

    def counted(source: Any, *rest: Any, **more: Any) -> Any:
        asked.append(Path(source.name).name)
        return real(source, *rest, **more)

    monkeypatch.setattr(gathering, "read_piece", counted)
    assert events(store.prepare(open_source(inbox), chosen, home=tmp_path / "home")) == by_hand(rows)
    assert asked == ["2.parquet"]


def test_what_was_prepared_is_found_again_and_other_columns_are_other_content(tmp_path: Path) -> None:
    source, chosen = read(made(1, 100, IDS["words"]))
    first = store.prepare(source, chosen, home=tmp_path)
    assert store.prepare(source, chosen, home=tmp_path).folder == first.folder
    assert store.prepare(source, replace(chosen, time=""), home=tmp_path).folder != first.folder
    assert len(list(tmp_path.iterdir())) == 2


def test_a_half_built_folder_is_none_and_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, chosen = read(made(1, 100, IDS["words"]))

    def full(*args: object, **rest: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(StoreFailed, match="No space"):
        store.prepare(source, chosen, home=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_nothing_prepared_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no prepared events"):
        store.open(tmp_path)
    (tmp_path / "prepared.json").write_text('{"format": "telic/prepared/v0"}')
    with pytest.raises(UsageError, match="format"):
        store.open(tmp_path)


def test_times_of_all_types_are_the_same_moment() -> None:
    moment = datetime.datetime(2026, 3, 21, 12, 30, 15, tzinfo=datetime.UTC)
    nanos = int(moment.timestamp()) * 1_000_000_000
    given = [
        pa.array([moment], pa.timestamp("us", tz="UTC")),
        pa.array([moment], pa.timestamp("s", tz="Europe/Paris")),
        pa.array([nanos // 1_000_000_000]),
        pa.array([nanos // 1_000_000]),
        pa.array([nanos]),
        pa.array([nanos / 1e9]),
        pa.array(["2026-03-21T12:30:15"]),
        pa.array(["2026-03-21 13:30:15+01:00"]),
        pa.array(["21.03.2026 12:30:15"]),
        pa.array(["03/21/2026 12:30:15"]),
    ]
    for values in given:
        rows = pa.table({"session": ["s"], "time": values, "event": ["e"]})
        assert store.load(*read(rows, group="session")).at.tolist() == [nanos], values.type
