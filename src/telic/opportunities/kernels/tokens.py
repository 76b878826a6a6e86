"""Events as tokens: a mapping of names and a filter, the paper's M and F."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telic.errors import UsageError
from telic.opportunities.kernels.dense import project
from telic.opportunities.model import Codes, Ints, Prepared


@dataclass(frozen=True)
class Tokens:
    """Tokens of events, by group; a group may have none."""

    codes: Codes
    offsets: Ints
    labels: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """The event names that became each token."""


def tokens(
    prepared: Prepared,
    *,
    keep: npt.NDArray[np.bool_] | None = None,
    mapping: Codes | None = None,
    labels: Sequence[str] | None = None,
) -> Tokens:
    """Return events as tokens.

    Parameters
    ----------
    keep : shape (V,)
        Names whose events count; others are left out as if they had not happened.
    mapping : shape (V,)
        Token of each name; negative leaves it out. Without one, each name is a token.
    labels
        What tokens are called; needed with a mapping.

    Raises
    ------
    UsageError
        Shapes do not fit.
    """
    names = prepared.names
    if keep is None and mapping is None:
        return Tokens(names.codes, prepared.offsets, tuple(names.labels), tuple((name,) for name in names.labels))
    table = np.arange(len(names.labels), dtype=np.int32) if mapping is None else np.asarray(mapping, np.int32).copy()
    if len(table) != len(names.labels) or (keep is not None and len(keep) != len(names.labels)):
        raise UsageError(
            f"a mapping or filter of {len(table)} names, where there are {len(names.labels)}", hint="one entry a name"
        )
    called = tuple(names.labels) if mapping is None else tuple(labels or ())
    if keep is not None:
        table[~keep] = -1
    if len(called) <= int(table.max(initial=-1)):
        raise UsageError(f"token {int(table.max())} has no label", hint="give `labels` with the mapping")
    codes, ends = np.empty(len(names.codes), np.int32), np.empty(len(prepared.offsets), np.int64)
    left = project(names.codes, prepared.offsets, table, codes, ends)
    from_names: list[list[str]] = [[] for _ in called]
    for name, token in zip(names.labels, table.tolist(), strict=True):
        if token >= 0:
            from_names[token].append(name)
    return Tokens(codes[:left], ends, called, tuple(tuple(each) for each in from_names))
