"""Rows of the store's tables from the model's numbers: texts by their number, columns of the store's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow

from telic.telemetry.columns import ARROW, Columns

DELAY = 0.7  # from the end of a span to its arrival in the store [s]
NS = 1_000_000_000  # [1/s]
pa: Any = pyarrow  # its types are not for mypy


def texts(words: Sequence[str]) -> Any:
    """Return `words` as an array; its ``take`` chooses among them by number."""
    return pa.array(words, pa.string())


def chosen(numbers: Any, words: Sequence[str]) -> Any:
    """Return of `words` those with these numbers."""
    return texts(words).take(pa.array(numbers))


def table(name: str, columns: Mapping[str, Any]) -> Columns:
    """Return rows of the table `name`, whose columns are arrays by name."""
    schema = ARROW[name]
    return pa.Table.from_arrays([_typed(columns[each.name], each.type) for each in schema], schema=schema)


def _typed(values: Any, kind: Any) -> Any:
    found = pa.array(values) if isinstance(values, np.ndarray) else values
    return found if found.type == kind else found.cast(kind)
