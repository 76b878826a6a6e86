"""A store that answers nobody is told from one service's own trouble by what the others get."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.operate.test_changed import findings
from tests.operate.test_manners import BEFORE, NOW, picture, with_store

from telic.operate.diagnosis.blame import Blame
from telic.operate.diagnosis.mechanisms.store_slow import store_slow
from telic.operate.diagnosis.proposal import Proposal
from telic.telemetry.queries import StatementCalls

REFUSED = Blame("service", "rating", "refused", path=("rating", "gateway"))
USUAL = [StatementCalls(name, f"{name}.get", 180, "postgres", p50=0.001) for name in ("rating", "order", "user")]


def given_up(service: str, calls: int, ended: int = 0) -> StatementCalls:
    states = {"cancelled": calls - ended}
    return StatementCalls(service, f"{service}.get", calls, "postgres", p50=0.9, errors=calls - ended, by_state=states)


def proposed(*now: StatementCalls, usual: list[StatementCalls] = USUAL) -> list[Proposal]:
    known = with_store(findings(blames=()), picture(NOW, *now), picture(BEFORE, *usual), *[REFUSED] * 9)
    return list(store_slow(known))


def test_a_store_that_answers_nobody_is_blamed_though_one_service_is_seen_to_wait() -> None:
    (found,) = proposed(given_up("rating", 12))
    assert found.entity == "postgres"
    assert any(
        each.says.startswith("postgres is silent: 12 statements were given up and 0 answered") for each in found.clues
    )
    assert found.weight > 4.0


@pytest.mark.parametrize(
    "now",
    [
        (given_up("rating", 12), replace(USUAL[1], calls=50)),
        (given_up("rating", 2),),
        (),
    ],
    ids=["others are answered", "too few to tell", "nobody asks"],
)
def test_one_services_trouble_is_not_the_stores(now: tuple[StatementCalls, ...]) -> None:
    assert proposed(*now) == []


def test_a_store_of_one_service_may_be_silent_for_that_services_sake() -> None:
    assert proposed(given_up("rating", 12), usual=USUAL[:1]) == []
