"""A certificate that runs out soon is told while there is time to renew it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.operate.hotel import START, Hotel
from tests.operate.test_operator import operated

from telic.clock import VirtualClock
from telic.model import State
from telic.operate.expiring import AGAIN, DAY, SOON, Expiring


def state(time: float, **ends: float) -> State:
    return State("hotel", time, {}, certificates=ends)


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (SOON + 1.0, []),
        (SOON, ["the certificate of rate runs out in 14 days: renew_certificate rate"]),
        (DAY, ["the certificate of rate runs out in 24 hours: renew_certificate rate"]),
        (0.0, []),
        (-DAY, []),
    ],
)
def test_what_runs_out_soon_is_told_and_what_has_run_out_is_harm(left: float, says: list[str]) -> None:
    assert [str(each) for each in Expiring().look(state(1000.0, rate=1000.0 + left))] == says


def test_each_is_told_once_a_day_the_first_to_run_out_first() -> None:
    expiring, ends = Expiring(), {"rate": 5 * DAY, "hotel": 3 * DAY}
    times = (0.0, 1.0, AGAIN - 1.0, AGAIN)
    told = [[each.place for each in expiring.look(state(time, **ends))] for time in times]
    assert told == [["hotel", "rate"], [], [], ["hotel", "rate"]]


def test_an_operator_warns_of_it_and_opens_no_incident(tmp_path: Path) -> None:
    hotel = Hotel(VirtualClock(START), 32.0, 1, [], [])
    known = hotel.state
    hotel.state = lambda: replace(known(), certificates={"rate": START + 3 * DAY})  # type: ignore[method-assign]
    incidents, events = operated(hotel, tmp_path, 30.0)
    (warning,) = (each for each in events if each.kind == "warning")
    assert (warning.blamed, warning.text) == (
        "rate", "the certificate of rate runs out in 3 days: renew_certificate rate",
    )  # fmt: skip
    assert incidents == []
