"""What an operator and the lab may do to somebody's own programs; everything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import msgspec

from telic.errors import ActionRefused, UsageError
from telic.model import OPERATOR, Action, Undo
from telic.worlds.brought.system import BroughtSystem
from telic.worlds.local import actions, operations
from telic.worlds.local.control import Method
from telic.worlds.local.methods import Methods
from telic.worlds.local.observe import Observer
from telic.worlds.local.plan import Plan, service_named, summary

WHY = "its programs are somebody's own: Telic has neither their code nor their policies"
VERBS = ("restart", "scale", "set_config", "failover")
OFFERED = ("topology", "state", "changes", "dry_run", "apply", "scale", "release_files", "down", "events", "ping")
REFUSED = (
    "push_config",
    "push_policy",
    "deploy",
    "roll_out",
    "deploy_design",
    "restore",
    "capacity",
    "flush",
    "poison",
)
Params = Mapping[str, object]


class BroughtMethods(Methods):
    """The control socket of a brought system."""

    def __init__(
        self, system: BroughtSystem, observer: Observer, end: Callable[[], None], announce: Callable[[], None]
    ) -> None:
        super().__init__(system, observer, end, announce)
        self._brought = system

    def table(self) -> dict[str, Method]:
        """Return every method by its name."""
        return {name: getattr(self, name) for name in OFFERED} | {name: _refusing(name) for name in REFUSED}

    async def dry_run(self, params: Params) -> object:
        """What an action would change, in words."""
        return (await self._planned(params)).words

    async def apply(self, params: Params) -> object:
        """Carry out an action."""
        action, planned = _action(params), await self._planned(params)
        await planned.run()
        service = action.target.partition("->")[0]
        reason = f"{action}: {action.reason}"
        self._brought.events.record("action.applied", service=service, entity=action.target, reason=reason)
        return planned.undo

    async def release_files(self, params: Params) -> object:
        """Nothing: there is one version, whose code is not ours to show."""
        return {}

    async def _planned(self, params: Params) -> Plan:
        action, system = _action(params), self._brought
        if action.verb not in VERBS:
            raise ActionRefused(f"{action.verb} of {action.target}: {WHY}", hint=f"one of {', '.join(VERBS)}")
        if action.verb != "restart":
            planned = await actions.plan(system, action)
            again = "" if action.verb == "scale" else f"; {action.target.partition('->')[0]} is started again with it"
            return replace(planned, words=planned.words + again)
        service = service_named(system, action.target)
        return Plan(
            f"end {service.instance} and start it again",
            lambda: operations.restart(system, service.name, author=OPERATOR, summary=summary(action)),
            Undo(None, note="nothing stays"),
        )


def _action(params: Params) -> Action:
    return msgspec.convert(params["action"], type=Action)


def _refusing(name: str) -> Method:
    async def refuse(params: Params) -> object:
        raise UsageError(f"{name}: {WHY}", hint="play it with a system that Telic made, such as hotel")

    return cast(Method, refuse)
