"""A design's folder: the same for the same intent, whole or not there, read back as written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from telic import design
from telic.design import folder as folder_module
from telic.errors import InvalidDesign, StoreFailed
from telic.intent import read
from telic.model import Design, Intent


def _files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_the_same_intent_gives_the_same_files(hotel: Design, intents: dict[str, Intent], tmp_path: Path) -> None:
    again = design.generate(intents["hotel"], tmp_path / "again")
    assert again.hash == hotel.hash
    assert _files(again.folder) == _files(hotel.folder)


def test_another_intent_gives_another_hash(designs: dict[str, Design], intents: dict[str, Intent]) -> None:
    assert len({designs[name].hash for name in intents}) == len(intents)


@pytest.mark.parametrize("name", ["hotel", "notes", "rental"])
def test_what_is_written_is_what_is_read(name: str, designs: dict[str, Design]) -> None:
    assert design.read(designs[name].folder) == designs[name]


@pytest.mark.parametrize("name", ["hotel", "notes", "rental"])
def test_the_copy_of_the_intent_is_the_same_intent(
    name: str, designs: dict[str, Design], intents: dict[str, Intent]
) -> None:
    assert read(designs[name].folder / "intent.yaml").hash == intents[name].hash == designs[name].intent_hash


def test_the_folder_holds_what_the_contract_names(hotel: Design) -> None:
    files = _files(hotel.folder)
    for service in hotel.services:
        for name in ("__init__", "messages", "handlers", "app"):
            assert f"services/{service.name}/{name}.py" in files
        assert f"openapi/{service.name}.json" in files
        assert f"tests/unit/test_{service.name}.py" in files
        assert (f"schema/{service.name}/0001_initial.sql" in files) == bool(service.tables)
    assert {"design.json", "intent.yaml", "wiring.yaml", "README.md"} <= set(files)
    assert {f"tests/e2e/test_u{number}.py" for number in (1, 2, 3)} <= set(files)


def test_no_path_of_this_machine_is_in_any_file(hotel: Design) -> None:
    here = str(hotel.folder.parent).encode()
    assert not [name for name, content in _files(hotel.folder).items() if here in content]


def test_a_design_is_replaced_as_a_whole(intents: dict[str, Intent], tmp_path: Path) -> None:
    made = design.generate(intents["notes"], tmp_path / "design")
    (made.folder / "services" / "note" / "left_over.py").write_text("")
    assert not (design.generate(intents["notes"], made.folder).folder / "services" / "note" / "left_over.py").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["design"]


def test_a_failure_leaves_what_was_there(
    intents: dict[str, Intent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = design.generate(intents["notes"], tmp_path / "design")
    before = _files(made.folder)

    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "format_folder", full)
    with pytest.raises(StoreFailed, match="No space left on device"):
        design.generate(replace(intents["notes"], text="Another."), made.folder)
    assert _files(made.folder) == before
    assert [each.name for each in tmp_path.iterdir()] == ["design"]


def test_what_is_no_design_is_not_replaced(intents: dict[str, Intent], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidDesign, match="holds something else than a design"):
        design.generate(intents["notes"], tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_reading_takes_the_wiring_as_people_left_it(intents: dict[str, Intent], tmp_path: Path) -> None:
    made = design.generate(intents["notes"], tmp_path / "design")
    path = made.folder / "wiring.yaml"
    path.write_text(path.read_text().replace("timeout: 500ms", "timeout: 300ms"))
    assert design.read(made.folder).wiring.of_edge("note->postgres").timeout == 0.3
    path.write_text(path.read_text().replace("note->postgres", "note->oracle"))
    with pytest.raises(InvalidDesign, match=r"wiring\.yaml:\d+:3: the design has no edge 'note->oracle'"):
        design.read(made.folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "not a Design"),
        (json.dumps({"schema": "telic/design/v9", "record": {}}), "telic/design/v9"),
    ],
)
def test_what_cannot_be_read_is_named(content: str | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "design.json").write_text(content)
    with pytest.raises(InvalidDesign, match=message):
        design.read(tmp_path)


def test_the_readme_traces_every_requirement(hotel: Design, intents: dict[str, Intent]) -> None:
    readme = (hotel.folder / "README.md").read_text()
    intent = intents["hotel"]
    operations, cases = [each.id for each in intent.operations], [each.id for each in intent.use_cases]
    rules = [each.id for each in (*intent.security, *intent.design)]
    for id_ in (*operations, *cases, *rules, *(each.id for each in intent.objectives)):
        assert f"| {id_} |" in readme
