"""What a service's store offers: a part a method, each with a template of its statement, port and two stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from telic.design.archetypes.reserve import Reservation
from telic.design.plan import EntityPlan, JobPlan, OperationPlan, ServicePlan
from telic.errors import InvalidDesign


@dataclass(frozen=True)
class Part:
    """A method of a store."""

    kind: str  # the template's name
    method: str
    entity: EntityPlan
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def constant(self) -> str:
        """The name of its statement as a Python constant."""
        return self.method.upper()


def store_parts(service: ServicePlan) -> tuple[Part, ...]:
    """Return the methods that the operations and jobs of `service` need, each once."""
    entities = {each.name: each for each in service.entities}
    found: dict[str, Part] = {}
    plans: list[OperationPlan | JobPlan] = [*service.operations, *service.jobs]
    for plan in plans:
        name = plan.facts.get("entity") or _reserved(plan)
        if isinstance(name, str) and name in entities:
            for part in _parts(plan, entities[name]):
                if found.setdefault(part.method, part).kind != part.kind:
                    raise InvalidDesign(
                        f"{service.name}: two things would be called {part.method}",
                        hint="rename the operation in the intent",
                    )
    return tuple(found.values())


def _reserved(plan: OperationPlan | JobPlan) -> str:
    facts = plan.facts.get("reservation")
    return facts.entity if isinstance(facts, Reservation) else ""


def _parts(plan: OperationPlan | JobPlan, entity: EntityPlan) -> Iterator[Part]:
    one, many, facts = entity.one, entity.many, plan.facts
    by_key = Part("by_key", one, entity)
    match plan.shape:
        case "get" | "crud_get" | "route":
            yield by_key
        case "exists":
            yield Part("exists", f"{one}_exists", entity)
        case "near":
            yield Part("in_cells", f"{many}_in_cells", entity, facts)
        case "availability":
            reservation = facts["reservation"]
            assert isinstance(reservation, Reservation)
            yield Part("taken", f"taken_{reservation.quantity}", entity, facts)
        case "reserve":
            yield Part("reserve", plan.name, entity, facts)
        case "expire":
            yield Part("due", f"due_{many}", entity, facts)
            yield Part("expire", f"expire_{one}", entity, facts)
        case "settle":
            yield by_key
            yield Part("begin", f"begin_{plan.name}", entity, facts)
            yield Part("finish", f"finish_{plan.name}", entity, facts)
        case "move":
            yield by_key
            yield Part("move", plan.name, entity, facts)
        case "charge":
            yield Part("charge", f"add_{one}_once", entity, facts)
        case "has_state":
            yield Part("has_state", f"{plan.name}_{one}", entity, facts)
        case "list" | "list_shown" | "similar":
            yield Part("list", f"{facts['order']}_{many}_by_{facts['by']}", entity, facts)
        case "get_many":
            yield Part("by_keys", f"{many}_by_keys", entity)
        case "count":
            yield Part("count", f"count_{many}_by_{facts['by']}", entity, facts)
        case "prefix":
            yield Part("prefix", f"{many}_by_{facts['by']}_prefix", entity, facts)
        case "link":
            yield Part("link", f"link_{one}", entity, facts)
        case "unlink":
            yield Part("unlink", f"unlink_{one}", entity, facts)
        case "deliver":
            yield Part("deliver", f"add_{many}", entity, facts)
        case "ends":
            yield Part("ends", f"{facts['ends']}_of", entity, facts)
        case "create" | "crud_create" | "upload" | "tune":
            yield Part("insert", f"add_{one}", entity, facts)
        case "crud_login":
            yield Part("credentials", f"{one}_credentials", entity, facts)
        case "crud_update":
            yield by_key
            yield Part("update", f"change_{one}", entity, facts)
        case "crud_delete":
            yield Part("delete", f"remove_{one}", entity, facts)
