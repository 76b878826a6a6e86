"""The journal survives whatever a crash leaves of its last line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.small_world import wanted

from telic.errors import InvalidRecord, SafetyError
from telic.model import ActionRecord
from telic.tools.journal import FILE, Journal, read


def record(number: int) -> ActionRecord:
    return ActionRecord(f"A{number}", "I1", wanted("rollback"), "planned", planned=float(number))


def filled(folder: Path, count: int) -> bytes:
    journal = Journal(folder)
    for number in range(count):
        journal.append("planned", record(number), time=float(number))
    journal.close()
    return (folder / FILE).read_bytes()


@given(cut=st.integers(0, 2000))
def test_a_torn_last_line_costs_only_itself(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("journal")
    data = filled(folder, 3)
    kept = data[: len(data) - cut] if cut < len(data) else b""
    (folder / FILE).write_bytes(kept)
    whole = kept.count(b"\n")
    assert [each.record.id for each in read(folder)] == [f"A{number}" for number in range(whole)]
    journal = Journal(folder)
    journal.append("planned", record(9), time=9.0)
    journal.close()
    assert [each.sequence for each in read(folder)] == list(range(1, whole + 2))


def test_a_line_of_zeros_at_the_end_is_torn_too(tmp_path: Path) -> None:
    filled(tmp_path, 2)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"\0" * 300 + b"\n")
    assert len(read(tmp_path)) == 2


def test_damage_in_the_middle_is_told_with_its_line(tmp_path: Path) -> None:
    lines = filled(tmp_path, 3).split(b"\n")
    (tmp_path / FILE).write_bytes(b"\n".join([lines[0], b"garbage", *lines[2:]]))
    with pytest.raises(InvalidRecord, match=r"actions\.jsonl:2"):
        Journal(tmp_path)


def test_one_operator_a_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    with pytest.raises(SafetyError, match="another operator"):
        Journal(tmp_path)
    first.close()
    Journal(tmp_path).close()


def test_no_journal_reads_as_empty(tmp_path: Path) -> None:
    assert read(tmp_path) == []
