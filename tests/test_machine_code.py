from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numba")

from telic.machine_code import code_folder, compile_kept


def test_code_is_kept_in_a_folder_that_belongs_to_every_source_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    calling, called = tmp_path / "calling.py", tmp_path / "called.py"
    calling.write_text("1")
    called.write_text("2")
    before = code_folder("some", [calling, called])
    assert before == code_folder("some", [called, calling])
    assert before.parent == tmp_path / "kept"
    called.write_text("3")
    assert code_folder("some", [calling, called]) != before
    assert code_folder("some", [calling], also="a processor") != code_folder("some", [calling])


def test_what_is_compiled_is_written_there(tmp_path: Path) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    assert compile_kept(add, tmp_path / "kept", error_model="numpy")(1, 2) == 3
    assert list((tmp_path / "kept").rglob("*.nbi"))
