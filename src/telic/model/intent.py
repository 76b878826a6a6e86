"""The checked reading of a person's intent; every leaf that one may cite has an id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verb = Literal[
    "geo_search",
    "reserve",
    "transition",
    "list_by_ref",
    "count_by_ref",
    "find_by_prefix",
    "create",
    "link",
    "unlink",
    "publish",
    "crud",
    "complete",
    "upload",
    "tune",
    "find_similar",
    "custom",
]
Verdict = Literal["good", "bad"]
Status = Literal["FULFILLED", "DEGRADED", "NOT_FULFILLED", "UNVERIFIED"]


@dataclass(frozen=True)
class FieldType:
    """A type of the closed set, taken apart.

    ``int>=0`` is base ``int`` with minimum 0; ``int(1..5)`` has minimum 1 and maximum 5; ``str<=2000`` maximum 2000;
    ``enum(a|b)`` has options; ``ref(User)`` and ``state(booking)`` have a target. Bases:
    ``str int float bool email secret geo money daterange date enum ref state duration``; outputs also have ``entity``
    (a whole thing: ``out: [Hotel]`` is base ``entity``, target ``Hotel``, many).
    """

    base: str
    target: str = ""
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False  # the minimum itself is not allowed (int>0)
    many: bool = False  # [Hotel]


@dataclass(frozen=True)
class Field:
    """A named, typed value of an entity or an operation."""

    name: str
    type: FieldType
    optional: bool = False  # may be left out of a request


@dataclass(frozen=True)
class EntityType:
    """A kind of thing that the system keeps."""

    name: str
    key: str
    fields: tuple[Field, ...]
    owner: str  # the service that alone writes it
    pii: tuple[str, ...] = ()


@dataclass(frozen=True)
class StateMachine:
    """The life of an entity."""

    name: str
    initial: str
    edges: tuple[tuple[str, str], ...]
    final: tuple[str, ...]


BadErrors = Mapping[str, frozenset[str]]
"""Operations as users meet them, such as create_user, to the business errors from it that they call bad service."""


@dataclass(frozen=True)
class Operation:
    """What a user can do; `kind` is an archetype with a deterministic implementation."""

    id: str
    name: str
    kind: Verb
    on: str  # entity
    inputs: tuple[Field, ...] = ()
    outputs: tuple[FieldType, ...] = ()
    errors: Mapping[str, Verdict] = field(default_factory=dict)  # business errors and how users judge them
    idempotent: bool = False
    stock: str = ""  # reserve: Hotel.rooms
    hold: float = 0.0  # reserve: how long a hold lasts [s]
    edge: tuple[str, str] | None = None  # transition
    calls: str = ""  # transition, link: payment.charge
    by: str = ""  # list_by_ref, count_by_ref: a reference; find_by_prefix: a text
    order: str = ""  # list_by_ref: newest | oldest
    filter: str = ""  # geo_search: availability
    requires: str = ""  # create: precondition expression
    show: str = ""  # list_by_ref: the reference whose things are listed instead
    deliver: str = ""  # publish: Entry.reader, what every follower gets
    through: str = ""  # publish: Follow.followed, the links whose other ends get it
    later: bool = False  # publish: it is accepted, and delivered behind a queue (`async` in the file)
    auth: Literal["none", "self"] = "none"


@dataclass(frozen=True)
class UseCase:
    """A story; becomes one end-to-end test."""

    id: str
    actor: str
    steps: tuple[str, ...]  # F1, F7.create
    check: str = ""
    expect_error: str = ""


@dataclass(frozen=True)
class Invariant:
    """What must hold over every history."""

    id: str
    expr: str
    scope: str = ""


@dataclass(frozen=True)
class Rule:
    """A security or design rule with an id."""

    id: str
    rule: str


@dataclass(frozen=True)
class Keys:
    """Zipf-distributed popularity of keys."""

    exponent: float
    count: int


@dataclass(frozen=True)
class Workload:
    """What users do, how often."""

    id: str
    name: str
    arrival: Literal["poisson", "constant"]
    rate: float  # [requests/s]
    mix: Mapping[str, float]  # operation id to weight
    keys: Keys
    duration: float = 60.0  # [s]


@dataclass(frozen=True)
class Objective:
    """A ratio SLI with a target: good / total."""

    id: str
    service: str
    sli: Literal["latency", "success"]
    target: float  # [1]
    window: float  # [s]
    test_window: float  # the same in short tests [s]
    under: str  # workload id
    below: float = 0.0  # latency: good when faster [s]


@dataclass(frozen=True)
class Capacity:
    """What one instance of a service can carry, enforced in every world."""

    service: str
    slots: int  # requests served at once [1]
    service_time: float  # each holds a slot at least so long [s]


@dataclass(frozen=True)
class Recovery:
    """How fast the system must be well again."""

    id: str
    metric: str
    to: float
    of: str
    within: float  # [s]
    after: str


@dataclass(frozen=True)
class Trial:
    """What the intent must survive (trigger) or must still profit from (benefit)."""

    id: str
    kind: Literal["trigger", "benefit"]
    inject: Mapping[str, object]
    must: tuple[str, ...]
    under: str = ""  # workload id; "": the one of the objective that it is about


@dataclass(frozen=True)
class Refinement:
    """One appended change of the intent, and why."""

    id: str
    at: str
    because: Mapping[str, str]
    change: Mapping[str, object]
    level: str
    tried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """Something only the person can decide; generation stops while there are any."""

    id: str
    about: str
    question: str


@dataclass(frozen=True)
class Intent:
    """A whole intent, checked."""

    system: str
    text: str
    entities: tuple[EntityType, ...]
    states: tuple[StateMachine, ...]
    operations: tuple[Operation, ...]
    use_cases: tuple[UseCase, ...]
    invariants: tuple[Invariant, ...]
    security: tuple[Rule, ...]
    design: tuple[Rule, ...]
    workloads: tuple[Workload, ...]
    objectives: tuple[Objective, ...]
    capacity: tuple[Capacity, ...]
    recovery: tuple[Recovery, ...] = ()
    trials: tuple[Trial, ...] = ()
    staleness: Mapping[str, float] = field(default_factory=dict)  # operation id to [s]
    max_processes: int = 0  # 0: no limit
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # service to settings, as written
    refinements: tuple[Refinement, ...] = ()
    open: tuple[Question, ...] = ()
    hash: str = ""  # sha256:... of the canonical text

    def entity(self, name: str) -> EntityType:
        """Return the entity called `name`; the intent was checked, so it exists."""
        return next(each for each in self.entities if each.name == name)

    def operation(self, id_or_name: str) -> Operation:
        """Return an operation by id (F1, F7.create) or name."""
        head = id_or_name.split(".", 1)[0]
        return next(each for each in self.operations if head in (each.id, each.name))

    def workload(self, id_or_name: str) -> Workload:
        """Return a workload by id or name."""
        return next(each for each in self.workloads if id_or_name in (each.id, each.name))
