"""The faults: one a file, found by name in the registry `telic.lab.fault.fault`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields

from telic.lab.fault import fault
from telic.model import MECHANISMS
from telic.registry import load_siblings

__all__ = ["LASTING", "LOOP", "PASSING", "cards", "fault", "vocabulary"]

load_siblings(__name__)

LOOP = (
    "bad-deploy-exception",
    "bad-deploy-slow-query",
    "cpu-starvation",
    "crash-loop",
    "hang",
    "network",
    "permission-revoked",
    "wrong-port",
)
"""The faults on which the loop is measured: demo, live journeys, agreement of the worlds."""

LASTING = frozenset(name for name in fault if getattr(fault.factory(name), "lasting", False))
"""Faults whose harm may live in the process that injects: a duty cycle of signals, a watch over processes."""

PASSING = frozenset(name for name in fault if getattr(fault.factory(name), "passing", False))
"""Faults that go away by themselves."""


def vocabulary() -> Mapping[str, str]:
    """Return every word for what can be wrong, with its meaning: the operator's own, then those of the lab's faults."""
    words = dict(MECHANISMS)
    for name in fault:
        words.update(getattr(fault.factory(name), "mechanisms", {}))
    return words


def cards(*names: str) -> list[Mapping[str, object]]:
    """Return the cards of the faults called `names`, or of all: summary, whole text, parameters, an example."""
    found: list[Mapping[str, object]] = []
    for name in names or fault:
        factory = fault.factory(name)
        text = inspect.getdoc(factory) or ""
        parameters = [each.name for each in fields(factory)]  # type: ignore[arg-type]
        found.append(
            {
                "name": name,
                "summary": text.split("\n", 1)[0],
                "card": text,
                "parameters": parameters,
                "example": dict(fault.examples[name]),
            }
        )
    return found
