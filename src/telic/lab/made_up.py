"""Systems of any number of services that nobody wrote: their names, and what they promise."""

from __future__ import annotations

from telic.errors import UsageError
from telic.model import Intent
from telic.model.intent import Objective

MADE_UP = "made-up-"  # and a number of services, as `made-up-300`
FEW, MANY = 10, 5_000  # services [1]
QUICK = 0.25  # what users call in time [s]


def made_up(name: str) -> int:
    """Return how many services a made-up system of this name has; 0 where the name is none of such."""
    if not name.startswith(MADE_UP):
        return 0
    number = name.removeprefix(MADE_UP)
    if not number.isdigit() or not FEW <= int(number) <= MANY:
        raise UsageError(f"no made-up system {name!r}", hint=f"{MADE_UP}N with {FEW} to {MANY} services")
    return int(number)


def intent_of(name: str) -> Intent:
    """Return what a made-up system promises: nothing but its objectives."""
    made_up(name)
    return Intent(name, "", (), (), (), (), (), (), (), (), objectives(), ())


def objectives() -> tuple[Objective, ...]:
    """Return what users of every made-up system are promised."""
    kept = {"service": "gateway", "target": 0.99, "window": 28 * 86400.0, "test_window": 10.0, "under": "W1"}
    return (
        Objective("O1", sli="latency", below=QUICK, **kept),  # type: ignore[arg-type]
        Objective("O2", sli="success", **kept),  # type: ignore[arg-type]
    )
