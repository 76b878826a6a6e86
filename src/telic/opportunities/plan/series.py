"""Values of a column, and columns that are made of the values of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.plan.expressions import kind
from telic.opportunities.plan.node import Node

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Series:
    """The values of a column.

    Parameters
    ----------
    values : shape (E,) or (G,)
        Numbers or truth values; of text, the index into `labels`, -1 where there is none.
    known : shape (E,) or (G,)
        Where a number is known; None where it always is.
    labels
        Of text: what its codes mean.
    """

    values: Array
    known: npt.NDArray[np.bool_] | None = None
    labels: Sequence[str] = ()


def _minus(_: Node, inputs: list[Series]) -> Series:
    left, right = inputs
    known = [each.known for each in inputs if each.known is not None]
    return Series(left.values - right.values, np.logical_and.reduce(known) if known else None)


def _plus(node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values + node.whole("number"), inputs[0].known)


def _whole_part(node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values // node.whole("by"), inputs[0].known)


def _remainder(node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values % node.whole("by"), inputs[0].known)


def _equals(node: Node, inputs: list[Series]) -> Series:
    return _among(inputs[0], [node.param("value")], text=kind(node.inputs[0]) == "text")


def _one_of(node: Node, inputs: list[Series]) -> Series:
    return _among(inputs[0], list(node.several("values")), text=kind(node.inputs[0]) == "text")


def _at_least(node: Node, inputs: list[Series]) -> Series:
    reached = inputs[0].values >= node.param("bound")
    return Series(reached if inputs[0].known is None else reached & inputs[0].known)


def _both(_: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values & inputs[1].values)


def _negated(_: Node, inputs: list[Series]) -> Series:
    return Series(~inputs[0].values)


def _missing(node: Node, inputs: list[Series]) -> Series:
    found = inputs[0]
    if kind(node.inputs[0]) == "text":
        return Series(found.values < 0)
    return Series(np.zeros(len(found.values), np.bool_) if found.known is None else ~found.known)


def _bins(node: Node, inputs: list[Series]) -> Series:
    edges = np.array(node.several("edges"), dtype=inputs[0].values.dtype)
    wanted = [str(each) for each in node.several("labels")]
    labels = list(dict.fromkeys(each for each in wanted if each))
    codes = np.array([labels.index(each) if each else -1 for each in wanted], dtype=np.int32)
    found = codes[np.searchsorted(edges, inputs[0].values, side="right")]
    if inputs[0].known is not None:
        found[~inputs[0].known] = -1
    return Series(found, labels=labels)


def _choice(node: Node, inputs: list[Series]) -> Series:
    yes, no = node.text("yes"), node.text("no")
    labels = [each for each in (yes, no) if each]
    codes = [labels.index(each) if each else -1 for each in (yes, no)]
    return Series(np.where(inputs[0].values, *codes).astype(np.int32), labels=labels)


def _cross(_: Node, inputs: list[Series]) -> Series:
    left, right = inputs
    codes = left.values.astype(np.int64) * len(right.labels) + right.values
    codes[(left.values < 0) | (right.values < 0)] = -1
    there, found = np.unique(codes, return_inverse=True)
    absent = int(there[0] < 0) if len(there) else 0
    labels = [crossed(left.labels[c // len(right.labels)], right.labels[c % len(right.labels)]) for c in there[absent:]]
    return Series((found - absent).astype(np.int32), labels=labels)


def crossed(left: str, right: str) -> str:
    """Return the label of a pair of labels."""
    return f"{left} × {right}"


def _among(series: Series, values: Sequence[object], *, text: bool) -> Series:
    if text:
        wanted = np.zeros(len(series.labels) + 1, dtype=np.bool_)  # the last one stands for -1
        chosen = set(values)
        wanted[:-1] = [label in chosen for label in series.labels]
        return Series(wanted[series.values])
    found = np.isin(series.values, np.array(values, dtype=series.values.dtype))
    return Series(found if series.known is None else found & series.known)


DERIVED: dict[str, Callable[[Node, list[Series]], Series]] = {
    "minus": _minus,
    "plus": _plus,
    "whole_part": _whole_part,
    "remainder": _remainder,
    "equals": _equals,
    "one_of": _one_of,
    "at_least": _at_least,
    "both": _both,
    "negated": _negated,
    "missing": _missing,
    "bins": _bins,
    "choice": _choice,
    "cross": _cross,
}
"""How a column is made of others, by operation."""
