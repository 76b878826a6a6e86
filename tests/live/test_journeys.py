"""Every fault ends in recovery when an operator watches, and in lasting harm when nobody does."""

from __future__ import annotations

import sys

import pytest
from tests.live.conftest import story

from telic.lab import journey
from telic.lab.episode import Score
from telic.lab.faults import LOOP

pytestmark = [pytest.mark.live, pytest.mark.journey, pytest.mark.timeout(300)]

SEEDS = (1, 2)  # the second only after the first went wrong
PATIENCE = 60.0  # until users are well again, on a machine that others may keep busy [s]


@pytest.mark.parametrize("name", LOOP)
def test_an_operator_ends_the_harm(name: str, operated: journey.Journey) -> None:
    told = []
    for seed in SEEDS:
        operated.until_calm()
        score = operated.hurt(journey.Hurt(name, seed, warm=3.0, patience=PATIENCE)).score
        told.append(story(score))
        sys.stderr.write(told[-1] + "\n")
        if _well(score):
            return
        operated.pause(3.0)  # what it left is seen by then
    pytest.fail("\n".join(told))


@pytest.mark.nightly  # on virtual time, and of certified scenarios, every time
@pytest.mark.parametrize("name", LOOP)
def test_without_an_operator_the_harm_stays(name: str, alone: journey.Journey) -> None:
    told = []
    for seed in SEEDS:
        alone.until_calm()
        score = alone.hurt(journey.Hurt(name, seed, warm=3.0, patience=12.0)).score
        told.append(story(score))
        if score.harm_began is not None and score.recovered is None:
            return
    pytest.fail("\n".join(told))


def _well(score: Score) -> bool:
    return score.recovered is not None and score.cause_right and score.wrong_actions_left == 0
