"""Permutation keeps users whole, and holds the family-wise level."""

from __future__ import annotations

import numpy as np
from tests.opportunities.cases import binary, prepared

from telic.opportunities.model import Exclusion
from telic.opportunities.statistics import tallying
from telic.opportunities.statistics.design import design
from telic.opportunities.statistics.permutation import Permuted, permuted
from telic.opportunities.statistics.screening import study


def ask(error: np.ndarray, users: np.ndarray, members: list[np.ndarray], seed: int = 0, threads: int = 1) -> Permuted:
    data = prepared(len(error), users=users.astype(np.int32))
    made = study(binary(error), data, design(data), 1.0, 0.1)
    assert not isinstance(made, Exclusion)
    rows = tallying.joined([np.flatnonzero(each).astype(np.int32) for each in members])
    tallies = tallying.tallied(made, rows, tallying.made_of(made, rows))
    return permuted(made, rows, tallies, rounds=400, alpha=0.05, seed=seed, threads=threads)


def test_a_strong_association_is_never_reached_and_chance_is() -> None:
    random = np.random.default_rng(1)
    members = [random.random(6000) < 0.05 for _ in range(6)]
    error = random.random(6000) < np.where(members[0], 0.4, 0.1)
    said = ask(error, np.arange(6000), members)
    assert said.p_family[0] <= 0.01
    assert (said.p_family[1:] > 0.02).all()
    assert (said.inflation == 1).all()


def test_it_ends_early_where_all_is_clear_and_threads_change_nothing() -> None:
    random = np.random.default_rng(2)
    members = [random.random(4000) < 0.1]
    error = random.random(4000) < np.where(members[0], 0.5, 0.1)
    one, two = (ask(error, np.arange(4000) // 2, members, threads=threads) for threads in (1, 2))
    assert one.rounds < 400
    assert one.rounds == two.rounds
    assert (one.p_family == two.p_family).all()


def test_the_family_wise_level_holds_with_users_that_are_alike() -> None:
    random = np.random.default_rng(3)
    users = np.repeat(np.arange(300), 8)
    low = 0
    for seed in range(25):
        risk = random.beta(0.7, 5, 300)
        error = random.random(2400) < risk[users]
        habits = random.random((300, 8)) < 0.15
        members = [habits[users, each] & (random.random(2400) < 0.7) for each in range(8)]
        low += bool(ask(error, users, members, seed).p_family.min() <= 0.05)
    assert low <= 4  # 1 expected


def test_undefined_groups_and_one_user_with_half_of_the_groups_do_no_harm() -> None:
    random = np.random.default_rng(4)
    users = np.where(np.arange(3000) < 1500, 0, np.arange(3000))
    error = (random.random(3000) < 0.2).astype(float)
    error[random.random(3000) < 0.1] = np.nan
    said = ask(error, users, [random.random(3000) < 0.2, np.arange(3000) < 700])
    assert (said.p_family > 0.02).all()
