"""A design is made once, and what lies on the shelf is what was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from telic import apps, design, intent
from telic.design import shelf as shelves
from telic.model.intent import Intent


@pytest.fixture(scope="module")
def wanted() -> Intent:
    return intent.read(apps.find("hotel"))


def test_the_second_time_nothing_is_made(wanted: Intent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = design.shelved(wanted, tmp_path)
    monkeypatch.setattr(shelves, "generate", lambda *_: pytest.fail("made again"))
    (first.folder / "services" / "__pycache__").mkdir(parents=True)
    (first.folder / "services" / "__pycache__" / "main.pyc").write_bytes(b"compiled")
    assert design.shelved(wanted, tmp_path) == first
    assert [each.name for each in tmp_path.iterdir()] == [first.folder.name]


def test_what_somebody_changed_is_made_again(wanted: Intent, tmp_path: Path) -> None:
    first = design.shelved(wanted, tmp_path)
    changed = first.folder / design.folder.WIRING
    changed.write_text("", encoding="utf-8")
    again = design.shelved(wanted, tmp_path)
    assert again == first
    assert changed.read_text(encoding="utf-8")


def test_the_oldest_goes(tmp_path: Path, wanted: Intent) -> None:
    for number in range(shelves.KEPT + 3):
        (tmp_path / f"old-{number}").mkdir()
    made = design.shelved(replace(wanted), tmp_path)
    assert len(list(tmp_path.iterdir())) == shelves.KEPT
    assert made.folder.exists()
