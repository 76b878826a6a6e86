"""The report says which resource was full, and which only filled up behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from telic.report import RunRecord, table, write
from telic.report.charts.frame import Frame
from telic.report.charts.slots import slots_chart, strips_height
from telic.report.fullness import fullness
from telic.telemetry.queries.holding import Waited
from telic.telemetry.queries.saturation import Saturation

OWN = "its own time, at 20% of a processor (its service time, a lock, or a free connection)"


def test_the_service_that_waits_for_no_other_full_one_is_named_first(run: RunRecord) -> None:
    found = fullness(run)
    assert (found.causes, found.behind) == (("hotel",), ("search",))
    assert str(found) == (
        "Full: hotel (4 slots) for 14 s. Behind it filled up: search. "
        "Of the time of hotel's slots then 100% in its own time, "
        "at 25% of a processor (its service time, a lock, or a free connection)."
    )


@pytest.mark.parametrize(
    ("waits", "cpu", "lag", "said"),
    [
        (3.0, 0.2, 0.01, f"75% in calls to postgres, 25% in {OWN}"),
        (0.0, 0.97, 0.3, "100% in its own work, with its processor full (97% of one)"),
        (1.0, 0.4, 0.3, "25% in calls to postgres, 75% in its own work, which waited up to 0.3 s for a processor"),
        (9.0, 0.4, 0.3, "100% in calls to postgres"),  # side by side: no more than there were slots
    ],
)
def test_what_held_the_slots_is_told_apart(run: RunRecord, waits: float, cpu: float, lag: float, said: str) -> None:
    steps = tuple(replace(each, cpu=cpu, lag=lag) for each in run.saturation)
    full = [each for each in steps if each.service == "hotel"]
    waited = tuple(Waited("hotel", "postgres", each.start, waits) for each in full)
    other = tuple(Waited("search", "hotel", each.start, 99.0) for each in full)
    found = fullness(replace(run, saturation=steps, waited=waited + other))
    assert str(found).endswith(f"Of the time of hotel's slots then {said}.")


def test_every_face_of_the_report_says_it(run: RunRecord, tmp_path: Path) -> None:
    page, record, summary = write(tmp_path / "report.html", run)
    assert "Full: hotel (4 slots) for 14 s." in page.read_text()
    assert "Full: hotel (4 slots) for 14 s." in summary.read_text()
    assert "Full: hotel (4 slots) for 14 s." in table(run)
    kept = [each for each in json.loads(record.read_text())["record"]["saturation"] if each["service"] == "hotel"]
    assert max(each["queued"] for each in kept) == 117


def test_a_burst_is_no_full_service(run: RunRecord) -> None:
    calm = tuple(
        replace(each, used=each.slots if index == 3 else each.slots / 2)
        for index, each in enumerate(each for each in run.saturation if each.service == "hotel")
    )
    found = fullness(replace(run, saturation=calm))
    assert found.causes == ()
    assert str(found) == "No service was full for 2 s. The fullest second was hotel's: 100% of 4 slots taken."


def test_without_telemetry_nothing_is_claimed(run: RunRecord, tmp_path: Path) -> None:
    silent = replace(run, saturation=())
    page, _, _ = write(tmp_path / "report.html", silent)
    assert "What was full" not in page.read_text()
    assert str(fullness(silent)) == "Nobody measured how full services were."
    assert "full " not in table(silent)


@pytest.mark.parametrize("width", [1040, 380])
def test_strips_stay_inside_their_frame_and_full_steps_are_marked(run: RunRecord, width: int) -> None:
    names = ["hotel", "a-service-with-a-long-name"]
    frame = Frame(width, strips_height(2), run.started, run.ended)
    beyond = Saturation("a-service-with-a-long-name", run.started + 3, 1.0, 4, 9.0)  # more than all: not drawn higher
    drawn = ElementTree.fromstring(slots_chart([*run.saturation, beyond], names, frame, title="slots", hints=True))
    tall = [float(each.get("height", "0")) for each in drawn.iter("rect")]
    assert max(tall) <= 26.0
    assert len([each for each in drawn.iter("path") if each.get("class") == "bad"]) == 2
    lines = [float(each.get("y1", "0")) for each in drawn.iter("line")]
    assert max(lines) <= frame.full_height
    texts = [each.text or "".join(part.tail or "" for part in each) for each in drawn.iter("text")]
    assert "a-servi\u2026" in texts
