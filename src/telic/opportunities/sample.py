"""Events with known truth, written as a user's file would be, to try the finder with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.csv
import pyarrow.parquet

from telic.errors import UsageError
from telic.opportunities.synthetic import Decoy, Growing, Lifecycle, Recipe, Sequence, Truth, generate, table

pa: Any = pyarrow
csv: Any = pyarrow.csv
parquet: Any = pyarrow.parquet


def recipe(groups: int, seed: int) -> Recipe:
    """Return what the sample is made of: one pattern of each kind that was planted, and one that only looks so."""
    plants = (Sequence(effect=3.0, share=0.03), Lifecycle(effect=3.0), Growing(effect=4.0))
    return Recipe(groups=groups, users=max(1, groups // 5), plants=plants, decoys=(Decoy(),), seed=seed)


def write(path: Path, *, groups: int, seed: int) -> list[str]:
    """Write a sample at `path`, whole or not at all; return what is planted in it.

    Raises
    ------
    UsageError
        The file's ending is neither ``.parquet`` nor ``.csv``.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise UsageError(f"cannot tell from {path.name} what to write", hint="end it in .parquet or .csv")
    made = generate(recipe(groups, seed))
    rows = table(made)
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        parquet.write_table(rows, part, compression="zstd")
    else:
        plain = [
            each.cast(each.type.value_type) if pa.types.is_dictionary(each.type) else each for each in rows.columns
        ]
        csv.write_csv(pa.table(plain, names=rows.schema.names), part)
    part.replace(path)
    return [*(_planted(each) for each in made.plants), *(_decoy(each) for each in made.decoys)]


def _planted(truth: Truth) -> str:
    kind = "from half time on, growing to " if isinstance(truth.spec, Growing) else ""
    effect = truth.spec.effect if not isinstance(truth.spec, Decoy) else 1.0
    return f"{truth.words}: {kind}{effect:g} times the risk, {int(truth.members.sum()):,} sessions"


def _decoy(truth: Truth) -> str:
    return f"{truth.words}: no effect, but frequent where the risk is high, {int(truth.members.sum()):,} sessions"
