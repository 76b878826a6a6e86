from __future__ import annotations

from pathlib import Path

from telic.opportunities.kernels import compiled

KERNELS = Path(compiled.__file__).parent


def test_a_kernel_is_compiled_again_when_one_that_it_calls_changes() -> None:
    needed = compiled._needed(KERNELS / "levels.py")
    assert {path.stem for path in needed} == {"levels", "hashed", "keys", "compiled"}


def test_work_is_cut_into_runs_that_hold_every_group_once() -> None:
    import numpy as np

    bounds = np.cumsum([0, 5, 0, 1_000, 1, 1, 1])
    runs = compiled.ranges(bounds, 3)
    assert [group for run in runs for group in range(*run)] == list(range(6))
    assert compiled.ranges(np.asarray([0]), 2) == []
