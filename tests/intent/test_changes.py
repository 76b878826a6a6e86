"""What a change touches, and that refinements are only ever added."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.errors import InvalidIntent
from telic.intent import changed, diff, read_text, require_appended
from telic.intent.parts import cited, parts, section_of, uses

ROOMS = (Path(__file__).parent / "rooms.yaml").read_text()
OLD = read_text(ROOMS)


@pytest.mark.parametrize(
    ("old", "new", "directly", "touched"),
    [
        ("rate: 90/s", "rate: 95/s", ("W2",), ("W2", "O1", "O2", "R1", "T1", "T2", "T3", "T4")),
        ("stars: int(1..5)", "stars: int(1..9)", ("Note",), None),
        ("hold: 15m", "hold: 10m", ("F2",), ("F2", "U2", "W1", "W2", "O1", "O2", "R1", "T1", "T2", "T3", "T4")),
        ("by: room, order: newest", "by: room, order: oldest", ("F4",), ("F4",)),
        ("slots: 4", "slots: 5", ("capacity.room",), ("capacity.room", "T1", "T3")),
        ("F1: 5s", "F1: 6s", ("staleness.F1",), None),
        ("processes: 9", "processes: 10", ("processes",), ("processes",)),
        ("text: People", "text: Persons", ("text",), ("text",)),
        ("pii never in logs or traces}", "pii never in logs or traces}, {id: S3, rule: pii never in logs or traces}",
         ("S3",), ("S3",)),
    ],
)  # fmt: skip
def test_a_change_touches_what_speaks_of_it(
    old: str, new: str, directly: tuple[str, ...], touched: tuple[str, ...] | None
) -> None:
    assert ROOMS.count(old) == 1
    later = read_text(ROOMS.replace(old, new))
    assert changed(OLD, later) == directly
    found = diff(OLD, later)
    assert set(directly) <= set(found)
    if touched is not None:
        assert found == touched


def test_a_changed_entity_reaches_the_operations_that_read_it_and_no_others() -> None:
    later = read_text(ROOMS.replace("stars: int(1..5)", "stars: int(1..9)"))
    found = diff(OLD, later)
    assert {"Note", "F4", "F5", "I2", "U3"} <= set(found)
    assert {"User", "Room", "Stay", "F1", "F2", "F6", "I1", "S1"}.isdisjoint(found)


def test_what_is_taken_out_is_a_change_too() -> None:
    later = read_text(ROOMS.replace(", {id: S2, rule: pii never in logs or traces}", ""))
    assert changed(OLD, later) == changed(later, OLD) == ("S2",)


def test_an_intent_does_not_differ_from_itself() -> None:
    assert diff(OLD, read_text(ROOMS)) == ()


def test_every_part_is_somewhere_and_speaks_only_of_parts() -> None:
    known = parts(OLD).keys()
    assert set(section_of(OLD)) | {"system"} == set(known)
    assert all(used <= known for used in uses(OLD).values())
    assert cited(OLD)[:3] == ("F1", "F2", "F3")
    assert cited(OLD)[-1] == "T4"


NEXT = "{id: X2, at: 2026-11-22, because: {violated: O1}, change: {keep: [%s]}, level: services}"


def _refined(keep: str, old: str = "", new: str = "") -> str:
    return ROOMS.replace("\nopen: []", "\n  - " + NEXT % keep + "\nopen: []").replace(old, new)


def test_a_refinement_that_keeps_its_word_is_taken() -> None:
    later = read_text(_refined("functional, slos", "rate: 90/s", "rate: 95/s"))
    assert require_appended(OLD, later) is later
    assert require_appended(OLD, OLD) is OLD


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (_refined("functional", "hold: 15m", "hold: 10m"), ["X2 keeps functional, but F2 changed"]),
        (_refined("W2, slos", "rate: 90/s", "rate: 95/s"), ["X2 keeps W2, but W2 changed"]),
        (_refined("functional").replace("run-1", "run-2"), ["X1 was altered; refinements are append-only"]),
        (ROOMS[: ROOMS.index("refinement:")] + "open: []\n", ["X1 was taken out; refinements are append-only"]),
    ],
)
def test_a_refinement_that_breaks_its_word_is_refused(text: str, found: list[str]) -> None:
    with pytest.raises(InvalidIntent) as caught:
        require_appended(OLD, read_text(text))
    assert str(caught.value) == "rooms: the refinement does not continue the intent before\n  " + "\n  ".join(found)
    assert caught.value.context["findings"] == found
