"""A sample of users: whole users, the same by seed, and bounds that hold what is true of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from telic.errors import UsageError
from telic.opportunities.ask import Ask
from telic.opportunities.find import find
from telic.opportunities.model import Prepared
from telic.opportunities.sample import write
from telic.opportunities.sampling import drawn, in_all
from telic.opportunities.synthetic import Recipe, generate
from telic.opportunities.words import headline, size

EVENTS = generate(Recipe(groups=3_000, users=600, seed=4)).prepared


def sequences(prepared: Prepared, rows: np.ndarray) -> list[tuple[str, int, list[str]]]:
    """Return id, first time and events of groups."""
    names, labels = np.asarray(prepared.names.codes), prepared.names.labels
    ends = [(int(prepared.offsets[row]), int(prepared.offsets[row + 1])) for row in rows]
    return [
        (prepared.groups[int(row)], int(prepared.at[start]), [labels[code] for code in names[start:end]])
        for row, (start, end) in zip(rows, ends, strict=True)
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_users_are_drawn_whole_and_their_groups_stay_as_they_are(share: float) -> None:
    sample = drawn(EVENTS, share, seed=3)
    made = sample.prepared
    kept = np.flatnonzero(np.isin(np.asarray(EVENTS.groups, dtype=object), np.asarray(made.groups, dtype=object)))
    assert sequences(made, np.arange(made.size)) == sequences(EVENTS, kept)
    users = set(np.asarray(EVENTS.users)[kept].tolist())
    assert len(users) == sample.users == round(share * sample.of_users)
    assert made.size == sum(1 for each in np.asarray(EVENTS.users).tolist() if each in users)
    for name, column in EVENTS.of_groups.items():
        assert np.array_equal(made.of_groups[name].codes, np.asarray(column.codes)[kept])
    assert made.exclusions[-1].count == EVENTS.size - made.size


def test_a_seed_draws_the_same_users_and_another_seed_others() -> None:
    first, again, other = (list(drawn(EVENTS, 0.2, seed).prepared.groups) for seed in (1, 1, 2))
    assert first == again != other


def test_bounds_hold_what_is_true_of_all_about_as_often_as_they_say() -> None:
    wanted = np.arange(0, EVENTS.size, 11)
    held = 0
    for seed in range(200):
        sample = drawn(EVENTS, 0.2, seed)
        place = {name: row for row, name in enumerate(sample.prepared.groups)}
        members = [place[EVENTS.groups[row]] for row in wanted.tolist() if EVENTS.groups[row] in place]
        low, high = in_all(sample, np.asarray(members, np.int32))
        held += low <= len(wanted) <= high
    assert held >= 180


def test_of_all_users_everything_is_certain() -> None:
    assert in_all(drawn(EVENTS, 1.0, 0), np.arange(100, dtype=np.int32)) == (100, 100)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan"), 1e-9])
def test_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="a sample of"):
        drawn(EVENTS, share, 0)


def test_a_run_on_a_sample_says_so_and_speaks_of_all(tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    write(path, groups=20_000, seed=0)
    kpis = ("error: session has 'app_error'",)
    whole, part = (
        find(Ask(str(path), kpis, templates=("ngrams",), sample=share, home=tmp_path / "home")) for share in (1.0, 0.5)
    )
    assert part.id != whole.id
    assert part.surfaced.groups < 0.6 * whole.surfaced.groups
    assert any("not drawn" in each.why and each.count > 0 for each in part.surfaced.exclusions)
    assert part.settings["sample"] == pytest.approx(0.5, abs=0.01)
    assert not any("not drawn" in each.why for each in whole.surfaced.exclusions)
    assert ", a sample of 50 % of all users" in headline(part)
    assert "sample" not in headline(whole)
    known = {each.hypothesis.id: each for each in whole.surfaced.findings}
    both = [each for each in part.surfaced.findings if each.hypothesis.id in known]
    assert both
    for each in both:
        assert f"of the sample, {each.experts['in_all']}" in size(each, "session")
        assert each.bound == pytest.approx(known[each.hypothesis.id].bound, rel=0.5)
