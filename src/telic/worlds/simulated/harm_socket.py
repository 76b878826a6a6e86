"""What the harm socket of a simulated world offers."""

from __future__ import annotations

from collections.abc import Mapping

from telic.errors import UsageError
from telic.worlds.local.control import Method
from telic.worlds.simulated.harm import SimulatedHarm
from telic.worlds.simulated.pace import Pacer
from telic.worlds.simulated.remote import METHODS


def methods(harm: SimulatedHarm, pacer: Pacer) -> dict[str, Method]:
    """Return what the harm socket offers: each call is made while virtual time stands still."""
    return {name: _method(harm, pacer, name) for name in METHODS}


def _method(harm: SimulatedHarm, pacer: Pacer, name: str) -> Method:
    async def call(params: Mapping[str, object]) -> object:
        try:
            return await pacer.call(lambda: getattr(harm, name)(**params))
        except TypeError as error:
            raise UsageError(f"{name} does not take {sorted(params)}", hint=str(error)) from error

    return call
