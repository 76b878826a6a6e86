"""What leaves with a finding, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.opportunities.sample import FINDINGS, run

from telic.errors import InvalidRecord, UnknownName, UsageError
from telic.opportunities import share
from telic.opportunities.record import key_of

KEY = key_of(FINDINGS[0])


def test_a_signature_holds_the_question_and_no_data(tmp_path: Path) -> None:
    path = share.write(tmp_path / "signature.json", share.export(run(), KEY))
    text = path.read_text()
    for each in (
        "s<2>",
        "22196",
        "22_196",
        "18402",
        "11402",
        "sess_000123",
        "select",
        "EVENTS.parquet",
        "3e-76",
        "1709251200",
    ):
        assert each not in text, each
    found = share.read(path)
    assert found == share.export(run(), KEY)
    assert found.params == {"events": ("coupon_apply", "payment_retry", "back_click")}
    assert (found.ratio, found.share) == (4.1, (0.01, 0.03))


def test_names_can_be_replaced_everywhere() -> None:
    names = {"coupon_apply": "A", "payment_done": "PAID", "buy_plan": "START", "converted": "goal"}
    made = share.export(run(), KEY, rename=names)
    assert made.params == {"events": ("A", "payment_retry", "back_click")}
    assert made.words == "sessions with A > payment_retry > back_click"
    assert made.kpi == "goal: session has 'PAID' within 10m of 'START'"
    assert made.kpi_name == "goal"


def test_names_replaced_in_each_other_are_replaced_once() -> None:
    swapped = {"coupon_apply": "payment_retry", "payment_retry": "coupon_apply"}
    made = share.export(run(), KEY, rename=swapped)
    assert made.words == "sessions with payment_retry > coupon_apply > back_click"


def test_a_name_that_is_not_there_and_two_that_become_one_are_refused() -> None:
    with pytest.raises(UnknownName, match="copon_apply") as caught:
        share.export(run(), KEY, rename={"copon_apply": "A"})
    assert "coupon_apply" in caught.value.hint
    with pytest.raises(UsageError, match="would become one"):
        share.export(run(), KEY, rename={"coupon_apply": "back_click"})


def test_what_is_no_signature_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(UnknownName, match=r"run\.json"):
        share.read(path)
    path.write_text('{"schema": "telic/opportunities/v1", "record": {}}')
    with pytest.raises(InvalidRecord, match=r"run\.json"):
        share.read(path)
