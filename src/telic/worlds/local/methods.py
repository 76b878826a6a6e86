"""What the control socket offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import msgspec

from telic.errors import UsageError
from telic.model import Action, Scalar, Window, plain
from telic.registry import near_names
from telic.worlds.local import actions, operations, releases
from telic.worlds.local.control import Method
from telic.worlds.local.observe import Observer
from telic.worlds.local.store_trouble import MOST_POISON
from telic.worlds.local.system import System

Params = Mapping[str, object]


def methods(
    system: System, observer: Observer, end: Callable[[], None], announce: Callable[[], None]
) -> dict[str, Method]:
    """Return every method by its name; `end` begins the end of the world, `announce` writes what is up."""
    served = Methods(system, observer, end, announce)
    return {
        name: getattr(served, name)
        for name in (
            "topology",
            "state",
            "changes",
            "dry_run",
            "apply",
            "push_config",
            "push_policy",
            "scale",
            "deploy",
            "roll_out",
            "deploy_design",
            "restore",
            "capacity",
            "flush",
            "poison",
            "release_files",
            "down",
            "events",
            "ping",
        )
    }


class Methods:
    """One method a request; parameters come as decoded JSON and are checked here."""

    def __init__(
        self, system: System, observer: Observer, end: Callable[[], None], announce: Callable[[], None]
    ) -> None:
        self._system, self._observer, self._end, self._announce = system, observer, end, announce

    async def topology(self, params: Params) -> object:
        """Services, instances, stores, edges."""
        return self._observer.topology()

    async def state(self, params: Params) -> object:
        """Desired and observed state."""
        return await self._observer.state()

    async def changes(self, params: Params) -> object:
        """What was changed in ``start`` to ``end``."""
        return self._system.changes.within(Window(_number(params, "start"), _number(params, "end")))

    async def dry_run(self, params: Params) -> object:
        """What an action would change, in words."""
        return (await actions.plan(self._system, _action(params))).words

    async def apply(self, params: Params) -> object:
        """Carry out an action."""
        return await actions.apply(self._system, _action(params))

    async def push_config(self, params: Params) -> object:
        """Push settings as a colleague would."""
        changes = cast("Mapping[str, Scalar]", _mapping(params, "changes"))
        return await operations.push_config(self._system, _text(params, "service"), changes, **_who(params))

    async def push_policy(self, params: Params) -> object:
        """Push fields of a policy as a colleague would."""
        changes, target = _mapping(params, "changes"), _text(params, "target")
        return await operations.push_policy(self._system, target, changes, **_who(params))

    async def scale(self, params: Params) -> object:
        """Let a service run with no or one process as a colleague would."""
        replicas = int(_number(params, "replicas"))
        return await operations.scale(self._system, _text(params, "service"), replicas, **_who(params))

    async def deploy(self, params: Params) -> object:
        """Deploy edits as a colleague would."""
        edits = {str(path): str(text) for path, text in _mapping(params, "edits").items()}
        return await operations.deploy_edits(self._system, _text(params, "service"), edits, **_who(params))

    async def roll_out(self, params: Params) -> object:
        """Put edits in the place of what runs, and do not wait until they are ready."""
        edits = {str(path): str(text) for path, text in _mapping(params, "edits").items()}
        return await operations.roll_out(self._system, _text(params, "service"), edits, **_who(params))

    async def deploy_design(self, params: Params) -> object:
        """Move to another design."""
        await operations.deploy_design(self._system, Path(_text(params, "folder")))
        self._announce()
        return {}

    async def restore(self, params: Params) -> object:
        """Take a change back if it is still in force."""
        return await operations.restore(self._system, _text(params, "service"), _text(params, "change"))

    async def capacity(self, params: Params) -> object:
        """Leave a service a share of its declared capacity."""
        self._system.set_capacity(_text(params, "service"), _number(params, "share"))
        return {}

    async def flush(self, params: Params) -> object:
        """Empty a store that is a cache."""
        store = _text(params, "store")
        if store != "valkey" or store not in self._system.desired.stores:
            caches = [each for each in self._system.desired.stores if each == "valkey"]
            raise UsageError(f"no cache {store!r}", hint=near_names(store, caches))
        await self._system.flush_cache()
        return {}

    async def poison(self, params: Params) -> object:
        """Let so many messages that nobody can read stand in the queue; 0 takes back those that still do."""
        subject, count = _text(params, "subject"), params.get("count")
        subjects = sorted(self._system.design.subjects)
        if subject not in subjects:
            raise UsageError(f"nobody consumes {subject!r}", hint=near_names(subject, subjects))
        if not isinstance(count, int) or not 0 <= count <= MOST_POISON:
            raise UsageError(f"{count} messages", hint=f"0 to {MOST_POISON}")
        await self._system.poison_queue(subject, count)
        return {}

    async def release_files(self, params: Params) -> object:
        """Return the source files of the version that runs."""
        service = self._system.service(_text(params, "service"))
        return releases.release_files(self._system.layout, service.name, service.version)

    async def down(self, params: Params) -> object:
        """Begin the end of the world."""
        self._end()
        return {}

    async def events(self, params: Params) -> object:
        """Return what the supervisor saw since a time."""
        return plain(self._system.events.since(_number(params, "since")))

    async def ping(self, params: Params) -> object:
        """Answer."""
        return {"system": self._system.name}


def _action(params: Params) -> Action:
    return msgspec.convert(params["action"], type=Action)


def _who(params: Params) -> dict[str, str]:
    return {"author": str(params.get("author", "")), "summary": str(params.get("summary", ""))}


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError(f"parameter {name!r} is missing or no text", hint="see docs/reference/contracts.md")
    return value


def _number(params: Params, name: str) -> float:
    value = params.get(name)
    if not isinstance(value, int | float):
        raise UsageError(f"parameter {name!r} is missing or no number", hint="see docs/reference/contracts.md")
    return float(value)


def _mapping(params: Params, name: str) -> Mapping[str, object]:
    value = params.get(name)
    if not isinstance(value, dict):
        raise UsageError(f"parameter {name!r} is missing or no object", hint="see docs/reference/contracts.md")
    return value
