"""Synthetic data hold what their recipe says, and say where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from telic.opportunities.synthetic import Decoy, Growing, Lifecycle, Recipe, Sequence, Synthetic, generate, table

RECIPE = Recipe(
    groups=60_000, users=9_000, plants=(Sequence(2.0), Lifecycle(2.0), Growing(4.0)), decoys=(Decoy(),), seed=3
)


@pytest.fixture(scope="module")
def made() -> Synthetic:
    return generate(RECIPE)


def test_events_are_clustered_in_order_and_sessions_are_never_empty(made: Synthetic) -> None:
    prepared = made.prepared
    assert (np.diff(prepared.offsets) >= 1).all()
    steps = np.diff(prepared.at)
    inside = np.ones(len(steps), dtype=bool)
    inside[prepared.offsets[1:-1] - 1] = False
    assert (steps[inside] > 0).all()
    assert (np.diff(prepared.at[prepared.offsets[:-1]]) >= 0).all()


def test_a_planted_pattern_is_where_the_truth_says_and_has_its_effect(made: Synthetic) -> None:
    truth, values = made.plants[0], made.outcome.values
    labels, codes = made.prepared.names.labels, made.prepared.names.codes
    for session in np.flatnonzero(truth.members)[:50]:
        low, high = made.prepared.offsets[session : session + 2]
        assert " > ".join(truth.pattern) in " > ".join(labels[code] for code in codes[low:high])
    assert truth.members.mean() == pytest.approx(0.01, rel=0.15)
    assert values[truth.members].mean() / values[~truth.members].mean() == pytest.approx(2.0, rel=0.25)


def test_a_decoy_looks_harmful_and_is_not_within_a_country(made: Synthetic) -> None:
    decoy, values = made.decoys[0].members, made.outcome.values
    assert values[decoy].mean() / values[~decoy].mean() > 1.5
    same = made.prepared.of_groups["country"].codes == 2
    assert values[decoy & same].mean() / values[~decoy & same].mean() < 1.2


def test_the_mark_ends_harmed_sessions_and_no_others(made: Synthetic) -> None:
    mark = made.prepared.names.labels.index("app_error")
    last = made.prepared.names.codes[made.prepared.offsets[1:] - 1] == mark
    assert (last == (made.outcome.values == 1)).all()


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data() -> None:
    small = replace(RECIPE, groups=3000, users=500)
    first, again, other = generate(small), generate(small), generate(replace(small, seed=4))
    assert (first.prepared.names.codes == again.prepared.names.codes).all()
    assert (first.outcome.values == again.outcome.values).all()
    assert (first.outcome.values != other.outcome.values).any()


def test_a_table_holds_every_event_once_in_any_order() -> None:
    made = generate(replace(RECIPE, groups=2000, users=300))
    shuffled = table(made, order="shuffled", ids="hex")
    assert shuffled.num_rows == len(made.prepared.at)
    ids = shuffled["session_id"].to_pylist()
    assert len(set(ids)) == 2000
    assert all(len(each) == 16 for each in ids)
    ordered = table(made)
    assert (np.diff(ordered["timestamp"].cast("int64").to_numpy()) >= 0).all()
    assert sorted(ordered["event"].to_pylist()) == sorted(shuffled["event"].to_pylist())
