"""The record is written second by second, survives a crash and says what users got."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.model import Tally
from telic.worlds.load.ledger import Ledger
from telic.worlds.load.record import Record, Row, SecondLine, encode, follow, quantile, read

LINES = (
    SecondLine(100, {"F1": Row(3, 0, [0.01, 0.02, 0.03]), "F3": Row(0, 1, [0.2], {"late": 1})}, 0.0001, 0.001, 4, 0),
    SecondLine(101, {"F1": Row(1, 2, [0.01, 3.0, 3.0], {"timeout": 2})}, 0.0001, 0.002, 3, 2),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "load.jsonl"
    file.write_bytes(b"".join(map(encode, LINES)))
    return file


def test_what_was_written_is_read(path: Path) -> None:
    record = read(path)
    assert record.seconds == LINES
    assert record.tallies() == [Tally(100, "F1", 3, 0), Tally(100, "F3", 0, 1, late=1), Tally(101, "F1", 1, 2)]
    assert record.total() == 7
    assert record.good() == pytest.approx(4 / 7)
    assert record.correct() == pytest.approx(5 / 7), "late is correct"
    assert record.correct("F3") == 1.0
    assert record.reasons() == {"late": 1, "timeout": 2}
    assert record.percentiles(0.5, 1.0) == (0.03, 3.0)
    assert record.percentiles(0.5, operation="F3") == (0.2,)
    assert record.since(101).total() == 3
    assert record.since(0, 101).total() == 4
    assert record.lag() == 0.002
    assert "57.14% good, 71.43% correct" in str(record.summary())


@given(st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_gives_the_whole_lines_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    data = b"".join(map(encode, LINES))
    file = tmp_path_factory.mktemp("cut") / "load.jsonl"
    file.write_bytes(data[:cut])
    whole = sum(1 for end in (len(encode(LINES[0])), len(data)) if cut >= end)
    assert read(file).seconds == LINES[:whole]


def test_no_file_is_an_empty_record(tmp_path: Path) -> None:
    record = read(tmp_path / "none.jsonl")
    assert record == Record(())
    assert math.isnan(record.good())
    assert record.summary().requests == 0


def test_follow_gives_each_line_once_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "load.jsonl"
    pieces = [encode(LINES[0])[:10], encode(LINES[0])[10:], encode(LINES[1])]

    def write(seconds: float) -> None:
        with file.open("ab") as sink:
            sink.write(pieces.pop(0))

    assert list(follow(file, until=lambda: not pieces, sleep=write)) == list(LINES)


def test_seconds_are_written_in_order_once_all_their_requests_are_decided() -> None:
    lines: list[SecondLine] = []
    ledger = Ledger(10, lines.append)
    for second in (10, 10, 11):
        ledger.sent(second, 0.001)
    ledger.decided(11, "F1", 0.02, "")
    ledger.decided(10, "F1", 0.02, "")
    ledger.flush(13.0)
    assert lines == [], "one request of second 10 is open, and 11 waits for 10"
    ledger.decided(10, "F2", 3.0, "timeout")
    ledger.flush(12.0)
    assert [each.second for each in lines] == [10, 11]
    assert lines[0].operations == {"F1": Row(1, 0, [0.02], {}), "F2": Row(0, 1, [3.0], {"timeout": 1})}
    assert (lines[0].sent, lines[0].lag_p99, lines[0].in_flight) == (2, 0.001, 0)
    ledger.flush(14.0)
    assert lines[-1] == SecondLine(13, {}), "a second without requests is one too"


def test_closing_writes_what_is_decided_and_counts_what_is_not() -> None:
    lines: list[SecondLine] = []
    ledger = Ledger(10, lines.append)
    for second in (10, 10, 12):
        ledger.sent(second, None)
    ledger.decided(10, "F1", 0.02, "")
    assert ledger.close() == 2
    assert [(each.second, each.sent) for each in lines] == [(10, 1), (11, 0), (12, 0)]


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_is_one_of_the_values_and_enough_of_them_do_not_exceed_it(values: list[float], share: float) -> None:
    found = quantile(sorted(values), share)
    assert found in values
    assert sum(1 for each in values if each <= found) >= share * len(values) - 1e-9
