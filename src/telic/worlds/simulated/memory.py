"""Memory stores in the place of SQL stores: the same methods, the statements' time, data that outlive instances."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Awaitable, Callable, Mapping
from importlib.abc import InspectLoader
from types import ModuleType
from typing import Any

from telic.errors import WorldError
from telic.model import Design
from telic.runtime.statements import Statement
from telic.worlds.simulated.database import SimulatedDatabase
from telic.worlds.simulated.seeds import seed_rows
from telic.worlds.simulated.statements import Plan, plans


class SystemData:
    """What all services keep: one state a service, seeded when first asked for; restarts and deploys leave it alone.

    Parameters
    ----------
    indexes
        Names of the indexes that the database has; statements that rely on another one scan.
    """

    def __init__(self, design: Design, indexes: frozenset[str] = frozenset()) -> None:
        self._design, self.indexes = design, indexes
        self._states: dict[str, dict[str, object]] = {}

    def state(self, service: str, memory: type[Any]) -> dict[str, object]:
        """Return the attributes of the memory store of `service`, shared by all its instances and versions."""
        state = self._states.get(service)
        if state is None:
            state = self._states[service] = self.seeded(service, memory)
        for name, empty in vars(memory()).items():  # what a later version keeps besides
            state.setdefault(name, empty)
        return state

    def seeded(self, service: str, memory: type[Any]) -> dict[str, object]:
        """Return what the memory store of `service` has before anybody asked it for anything."""
        found: dict[str, object] = vars(memory.seeded(seed_rows(self._design, service)))
        return found

    def copies(self) -> dict[str, dict[str, object]]:
        """Return what every service keeps, as copies that nobody changes."""
        return copy.deepcopy(self._states)

    def things(self, service: str, entity: str) -> list[object]:
        """Return the things called `entity` that a service keeps; none before anybody asked it for anything."""
        kept = [each for each in self._states.get(service, {}).values() if isinstance(each, dict)]
        return [each for found in kept for each in found.values() if type(each).__name__ == entity]


def adapt(service: str, modules: Mapping[str, ModuleType], data: SystemData) -> None:
    """Let ``services.<service>.app`` build a memory store where it asks for the one over PostgreSQL.

    Parameters
    ----------
    modules
        The release's modules by name. What is not there yet is imported: ``services`` has to be this release now.

    Raises
    ------
    WorldError
        The release has a SQL store but no memory store that has all of its methods.
    """
    store, app = (modules.get(f"services.{service}.{each}") for each in ("store", "app"))
    if store is None or app is None:
        return
    name, sql = _class(store, "Postgres", service)
    memory = _class(_memory_module(service, modules), "Memory", service)[1]
    setattr(app, name, adapted(service, sql, store, memory, data))


def adapted(service: str, sql: type[Any], store: ModuleType, memory: type[Any], data: SystemData) -> type[Any]:
    """Return a class with the methods of `sql` that pays for its statements and does what `memory` does."""
    constants = {name: each for name, each in vars(store).items() if isinstance(each, Statement)}
    known = plans(_source(store), sql.__name__, constants, data.indexes)
    methods: dict[str, object] = {"__init__": _constructor(service, memory, data), "__doc__": sql.__doc__}
    for name, each in known.items():
        work = getattr(memory, name, None)
        if work is None:
            raise WorldError(f"{memory.__name__} has no method {name}", hint="it needs every method of the SQL store")
        methods[name] = _method(service, each, work)
    return type(sql.__name__, (), methods)


def _constructor(service: str, memory: type[Any], data: SystemData) -> Callable[[Any, SimulatedDatabase], None]:
    def build(self: Any, database: SimulatedDatabase) -> None:
        self._database, self._perform = database, database.perform
        self._memory = object.__new__(memory)
        self._memory.__dict__ = data.state(service, memory)
        self._reading = database.reading

    return build


def _method(service: str, plan: Plan, work: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    def run(self: Any, *args: object, **named: object) -> Awaitable[object]:
        done: Awaitable[object] = self._perform(plan, lambda: work(self._memory, *args, **named))
        return done

    def read(self: Any, *args: object, **named: object) -> Awaitable[object]:
        reading = self._reading
        if reading is None or not reading.asked():
            return run(self, *args, **named)

        def look() -> Awaitable[object]:
            seen = object.__new__(type(self._memory))
            seen.__dict__ = reading.replica.state(service, type(self._memory))
            found: Awaitable[object] = work(seen, *args, **named)
            return found

        done: Awaitable[object] = reading.perform(plan, look)
        return done

    return read if plan.reads else run


def _memory_module(service: str, modules: Mapping[str, ModuleType]) -> ModuleType:
    name = f"services.{service}.memory"
    try:
        return modules.get(name) or importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise WorldError(
            f"the release of {service} has no memory store", hint=f"add services/{service}/memory.py to the release"
        ) from error


def _source(module: ModuleType) -> str:
    loader = module.__loader__
    source = loader.get_source(module.__name__) if isinstance(loader, InspectLoader) else None
    if source is None:
        raise WorldError(f"{module.__name__} has no source", hint="a release is Python source")
    return source


def _class(module: ModuleType, prefix: str, service: str) -> tuple[str, type[Any]]:
    for name, each in vars(module).items():
        if isinstance(each, type) and name.startswith(prefix) and name.endswith("Store"):
            return name, each
    raise WorldError(f"{module.__name__} of {service} has no class {prefix}...Store", hint="see the generated store.py")
