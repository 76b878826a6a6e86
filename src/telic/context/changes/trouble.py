"""Kinds of trouble: what an effect of a change can make, and what telemetry can show, in one vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from telic.context.changes import vocabulary


@dataclass(frozen=True)
class Trouble:
    """A way in which something goes wrong.

    Parameters
    ----------
    says
        What it means, for people.
    weight
        How much it narrows the cause down: an error rate says little, a data race says nearly all [1].
    texts
        How messages of software say it.
    metrics
        How names of metrics say it; the sign before the name says which direction is bad (+ up, - down).
    """

    says: str
    weight: float
    texts: re.Pattern[str]
    metrics: tuple[str, ...] = ()


def _read() -> dict[str, Trouble]:
    return {
        name: Trouble(each["says"], each["weight"], vocabulary.any_of(each["texts"]), tuple(each.get("metrics", ())))
        for name, each in vocabulary.table("troubles").items()
    }


TROUBLES: Mapping[str, Trouble] = _read()
"""All kinds, the vocabulary of `telic.context.changes` and of the search for the culprit."""


def in_text(text: str) -> frozenset[str]:
    """Return the troubles that a message speaks of.

    Examples
    --------
    >>> sorted(in_text("pgx pool: context deadline exceeded acquiring connection (pool exhausted)"))
    ['deadline', 'pool']
    """
    return frozenset(name for name, each in TROUBLES.items() if each.texts.search(text))


def in_metric(name: str, *, up: bool) -> frozenset[str]:
    """Return the troubles that a metric of this name shows when it goes up, or down.

    Examples
    --------
    >>> sorted(in_metric("db_pool_wait_seconds_p99", up=True))
    ['latency', 'pool']
    """
    said = re.sub(r"[.\-/ ]", "_", name.lower())
    sign = "+" if up else "-"
    return frozenset(
        trouble
        for trouble, each in TROUBLES.items()
        if any(shown[0] == sign and shown[1:] in said for shown in each.metrics)
    )
