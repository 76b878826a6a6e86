"""What undoes a fault, derived from how the world differs from the one before, or said by the fault itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from telic.lab.fault import make
from telic.lab.injection import Injection
from telic.lab.session.stage import Stage
from telic.model import Action, Change, Harm, State, Window


@runtime_checkable
class Mendable(Protocol):
    """A fault that knows which actions mend it."""

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return what mends it, the best first; each of them alone, or all in turn."""
        ...


def mitigations(done: Injection, stage: Stage) -> Iterator[Action]:
    """Yield what mends one injection, the best first."""
    culprit = make(done.truth.fault, done.params)
    if isinstance(culprit, Mendable):
        yield from culprit.mitigations(stage.course.harm)
        return
    before, now = stage.before.state, stage.course.world.state()
    changes = stage.course.world.changes(Window(stage.started, stage.course.now() + 1.0))
    change = next((each for each in changes if each.id == done.truth.change), None)
    if change is not None:
        yield from _taken_back(change, before)
        return
    yield from _granted(before, now)
    entity = done.truth.entity
    if "->" in entity:
        link = now.links.get(entity)
        if link is not None:
            yield Action("failover", entity, {"link": "b" if link.active == "a" else "a"})
        entity = entity.partition("->")[2]
    if entity in now.services:
        yield Action("restart", entity)
    elif entity in now.stores:
        yield Action("flush_cache", entity)


def _taken_back(change: Change, before: State) -> Iterator[Action]:
    if change.kind == "deploy":
        yield Action("rollback", change.entity, {"version": change.before})
        return
    if change.kind == "scale":
        yield Action("scale", change.entity, {"replicas": 1})
        return
    config = before.services[change.entity].config if change.entity in before.services else {}
    for key in re.findall(r"^([\w.-]+): ", change.diff, re.M):
        if key in config:
            yield Action("set_config", change.entity, {"key": key, "value": config[key]})


def _granted(before: State, now: State) -> Iterator[Action]:
    """Give back what is missing in the stores since."""
    for name, store in now.stores.items():
        known = before.stores[name].missing_grants if name in before.stores else ()
        lacking: dict[tuple[str, str], list[str]] = {}
        for each in store.missing_grants:
            found = re.fullmatch(r"([\w.-]+): (\w+) ON ([\w.]+)", each)
            if each not in known and found:
                lacking.setdefault((found[1], found[3]), []).append(found[2])
        for (service, table), privileges in lacking.items():
            yield Action("grant", service, {"table": table, "privileges": ", ".join(privileges)})
