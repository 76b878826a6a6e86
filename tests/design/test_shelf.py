"""A design is made once, and what lies on the shelf is what was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from telic import apps, design, intent
from telic.design import folder as folders
from telic.design import reading
from telic.design import shelf as shelves
from telic.model.design import Design
from telic.model.intent import Intent


@pytest.fixture(scope="module")
def wanted() -> Intent:
    return intent.read(apps.find("hotel"))


def test_the_second_time_nothing_is_made(wanted: Intent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = design.shelved(wanted, tmp_path)
    monkeypatch.setattr(folders, "generate", lambda *_: pytest.fail("made again"))
    (first.folder / "services" / "__pycache__").mkdir(parents=True)
    (first.folder / "services" / "__pycache__" / "main.pyc").write_bytes(b"compiled")
    assert design.shelved(wanted, tmp_path) == first
    assert [each.name for each in tmp_path.iterdir()] == [first.folder.name]


def test_what_somebody_changed_is_made_again(wanted: Intent, tmp_path: Path) -> None:
    first = design.shelved(wanted, tmp_path)
    changed = first.folder / reading.WIRING
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


def test_what_another_process_made_meanwhile_stays(
    wanted: Intent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[Path] = []
    numbers: list[int] = []
    make = folders.generate

    def generate(intent: Intent, folder: Path) -> Design:
        if not places:  # the other process begins later and is done earlier
            places.append(folder)
            with monkeypatch.context() as other:
                other.setattr("os.getpid", lambda: 1)
                places.append(design.shelved(intent, tmp_path).folder)
            numbers.append(places[1].stat().st_ino)
        return make(intent, folder)

    monkeypatch.setattr(folders, "generate", generate)
    folder = design.shelved(wanted, tmp_path).folder
    assert folder == places[1]
    assert folder.stat().st_ino == numbers[0], "who uses it would have lost it"
    assert [each.name for each in tmp_path.iterdir()] == [folder.name]
