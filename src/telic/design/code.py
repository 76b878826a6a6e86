"""The source files of a service, rendered but not yet formatted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files

import jinja2

from telic.design.archetypes.geo_search import MOST_FOUND
from telic.design.archetypes.reserve import Reservation
from telic.design.memory import memory_indexes
from telic.design.parts import Part, store_parts
from telic.design.plan import ServicePlan, SystemPlan
from telic.design.python import ALIASES
from telic.design.structs import structs
from telic.model.intent import Intent


@dataclass(frozen=True)
class TemplatedPart:
    """A store's part together with its template's macros."""

    part: Part
    template: object

    def __getattr__(self, name: str) -> object:
        return getattr(self.part, name)


def service_files(
    service: ServicePlan, system: SystemPlan, intent: Intent, templates: jinja2.Environment
) -> Iterator[tuple[str, str]]:
    """Return path and text of every source file of `service`."""
    folder = f"services/{service.name}"
    context = service_context(service, system, intent, templates)

    def render(name: str) -> str:
        return templates.get_template(name).render(**context)

    yield f"{folder}/__init__.py", f'"""The service {service.name} of {system.system}."""\n'
    for name in ("messages", "handlers", "app"):
        yield f"{folder}/{name}.py", render(f"{name}.py.j2")
    if service.callees:
        yield f"{folder}/clients.py", render("clients.py.j2")
    if service.entities:
        yield f"{folder}/store.py", render("store.py.j2")
        yield f"{folder}/memory.py", render("memory.py.j2")
        yield f"schema/{service.name}/0001_initial.sql", render("schema.sql.j2")
    if context["geo"]:
        yield f"{folder}/geo.py", files("telic.design").joinpath("geo.py").read_text(encoding="utf-8")
    for name in service.modules:
        text = files("telic.design.modules").joinpath(f"{name}.py").read_text(encoding="utf-8")
        yield f"{folder}/{name}.py", text


def service_context(
    service: ServicePlan, system: SystemPlan, intent: Intent, templates: jinja2.Environment
) -> dict[str, object]:
    """Return what the templates of one service may speak of."""
    messages = structs(service, system, intent.states)
    text = " ".join(field.annotation for struct in messages for field in struct.fields)
    parts = store_parts(service)
    used = {name for name in ("Geo", "DateRange") if name in text}
    return {
        "service": service,
        "system": system,
        "structs": messages,
        "aliases": [(name, value) for name, value in ALIASES.items() if f"{name}" in text.replace("Ids", "")],
        "used": used,
        "imports": [each.name for each in messages] + sorted(used),
        "geo": any(each.type.base == "geo" for entity in service.entities for each in entity.attributes),
        "parts": [TemplatedPart(each, templates.get_template(f"store/{each.kind}.j2").module) for each in parts],
        "constants": list(dict.fromkeys(_constants(service))),
        "memory_fields": list(dict.fromkeys(_memory_fields(parts))),
        "memory_indexes": memory_indexes(parts),
        "reservations": list(dict.fromkeys(_reservations(parts))),
        "credentials": any(each.kind == "credentials" for each in parts),
    }


def _constants(service: ServicePlan) -> Iterator[tuple[str, str, str]]:
    for plan in service.operations:
        facts = plan.facts
        reservation = facts.get("reservation")
        if plan.shape == "near":
            yield "MOST_FOUND", str(MOST_FOUND), "the nearest so many are returned [1]"
        if plan.shape == "reserve" and isinstance(reservation, Reservation) and reservation.hold:
            yield "HOLD", repr(reservation.hold), "how long a hold lasts [s]"
        if plan.shape == "settle" and facts["held"]:
            yield "LEASE", repr(facts["lease"]), "how long a hold is kept for a step that has begun [s]"
        if plan.shape == "crud_login":
            yield (
                "NOBODY",
                '"scrypt$16384$AAAAAAAAAAAAAAAAAAAAAA==$AAAA"',
                "checked for strangers: they learn nothing from time",
            )
        refusals = facts.get("refusals")
        if isinstance(refusals, tuple):
            table = {each.state: each.error for each in refusals if each.error}
            yield f"{plan.name.upper()}_REFUSED", repr(table), "what each state means for whoever asks"


def _memory_fields(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        facts = part.facts
        reservation = facts.get("reservation")
        if isinstance(reservation, Reservation):
            kind = "dict[date, dict[str, int]]" if reservation.days else "dict[str, int]"
            yield f"self._{reservation.stock_table}: {kind} = {{}}"
        if (isinstance(reservation, Reservation) and reservation.hold) or facts.get("held"):
            yield "self._held_until: dict[str, float] = {}"
            yield "self._due: list[tuple[float, str]] = []  # a heap of when holds run out"
        if part.kind == "begin" or (isinstance(reservation, Reservation) and reservation.settled):
            yield "self._settling: set[str] = set()"
        if facts.get("keyed"):
            yield f"self._{part.entity.one}_requests: dict[str, str] = {{}}"
        if facts.get("secret"):
            yield f"self._{facts['secret']}_hashes: dict[str, str] = {{}}"


def _reservations(parts: Iterable[Part]) -> Iterator[Reservation]:
    for part in parts:
        found = part.facts.get("reservation") or part.facts.get("releases")
        if isinstance(found, Reservation):
            yield found
