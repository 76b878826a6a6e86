"""Each mechanism of a language model's service: felt by those who read the answers, gone once healed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from telic.lab import virtual
from telic.lab.course import Hurt
from telic.lab.fault import fault
from telic.model import Design
from telic.settings import Settings

RATE = 40.0  # [requests/s]
SEED = 1
PATIENCE = 5.0  # [s]
SETTLED = 5.0  # after the healing [s]
MINE = [name for name in fault if fault.factory(name).layer == "llm"]  # type: ignore[attr-defined]
FELT = {
    "batch-limit-bypass": "late",
    "dataset-not-validated": "wrong_accepted",
    "faulty-accelerator": "wrong_gibberish",
    "filter-blocks-good": "wrong_removal",
    "filter-passes-bad": "wrong_leak",
    "hidden-text": "wrong_topic",
    "model-not-loaded": "wrong_version_unknown",
    "quality-regression": "wrong_topic",
    "token-limit": "wrong_too_long",
    "too-few-instances": "late",
    "tuning-version-conflict": "version_conflict",
}
"""What users complain of."""

OFTEN = ("faulty-accelerator",)  # the others say the same at night


@pytest.fixture(scope="module")
def journey(genai: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=tmp_path_factory.mktemp("home"))
    with virtual.start(genai, settings, lambda told: None, rate=RATE, seed=SEED, operate=False) as running:
        yield running


def test_every_case_is_here() -> None:
    assert sorted(MINE) == sorted(FELT)
    words = [word for name in MINE for word in fault.factory(name).mechanisms]  # type: ignore[attr-defined]
    assert words == MINE


@pytest.mark.parametrize(
    "case", [pytest.param(each, marks=() if each in OFTEN else pytest.mark.nightly) for each in FELT]
)
def test_users_feel_it_until_it_is_healed(case: str, journey: virtual.VirtualJourney) -> None:
    before = dict(journey.record().reasons())
    score = journey.hurt(Hurt(case, SEED, warm=1.0, patience=PATIENCE, decoy=False)).score
    healed = journey.now()
    assert score.harm_began is not None
    assert score.recovered is None
    journey.pause(SETTLED)
    told = {each for each, times in journey.record().reasons().items() if times > before.get(each, 0)}
    assert FELT[case] in told or (FELT[case] == "late" and told & {"status_503", "status_429", "status_504", "timeout"})
    after = [each for each in journey.record().tallies() if each.second >= healed + 1.5]
    assert after
    assert not any(each.harmed for each in after)
