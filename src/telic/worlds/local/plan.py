"""What an action would do: words, effect, undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telic.errors import ActionRefused
from telic.model import Action, Undo
from telic.registry import near_names
from telic.worlds.local.desired import DesiredService
from telic.worlds.local.system import System


@dataclass(frozen=True)
class Plan:
    """What an action would do."""

    words: str
    run: Callable[[], Awaitable[object]]
    undo: Undo


def service_named(system: System, name: str) -> DesiredService:
    """Return the desired state of a service; refuse the action where there is none."""
    if name not in system.desired.services:
        raise ActionRefused(f"no service {name!r}", hint=near_names(name, system.desired.services))
    return system.desired.services[name]


def summary(action: Action) -> str:
    """Say in the change log what was done and why."""
    return f"{action}" + (f": {action.reason}" if action.reason else "")
