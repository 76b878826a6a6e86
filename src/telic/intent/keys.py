"""Every key of the format: the reader refuses all others, and the reference page lists exactly these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One key of a mapping."""

    name: str
    form: str  # what its value looks like
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Keys:
    """The closed set of keys of one kind of mapping."""

    what: str  # with its article: "an operation"
    at: str  # where it stands: functional.operations[]
    all: tuple[Key, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all keys, in order."""
        return tuple(each.name for each in self.all)

    @property
    def required(self) -> tuple[str, ...]:
        """Names that may not be left out."""
        return tuple(each.name for each in self.all if each.required)


def _must(name: str, form: str, meaning: str) -> Key:
    return Key(name, form, meaning, required=True)


_ID = _must("id", "id", "what designs, tests, reports and refinements cite")

ROOT = Keys(
    "an intent",
    "the file",
    (
        _must("intent", "v1", "version of the format"),
        _must("system", "name", "names the system, its state folder and its telemetry"),
        _must("text", "text", "the person's own words; everything else is the checked reading of them"),
        _must("functional", "mapping", "what the system does"),
        Key("operational", "mapping", "how well, under which load"),
        Key("refinement", "list", "changes made after the first version; append-only"),
        Key("open", "list", "questions to the person; generation stops while there are any"),
    ),
)
FUNCTIONAL = Keys(
    "the functional part",
    "functional",
    (
        _must("entities", "mapping", "kinds of things that the system keeps, by name"),
        Key("states", "mapping", "lives of entities, by name"),
        _must("operations", "list", "what a user can do"),
        Key("use_cases", "list", "stories; each becomes one end-to-end test"),
        Key("invariants", "list", "what must hold over every history"),
        Key("security", "list", "security rules"),
        Key("design", "list", "rules that every design must keep"),
    ),
)
ENTITY = Keys(
    "an entity",
    "functional.entities.*",
    (
        _must("key", "name", "its identifier, made by the system"),
        _must("fields", "mapping of name to type", "its values"),
        _must("owner", "name", "the service that alone writes it"),
        Key("pii", "list of fields", "personal data: never in logs or traces"),
    ),
)
STATE = Keys(
    "a state machine",
    "functional.states.*",
    (
        _must("initial", "state", "where a new thing starts"),
        _must("edges", "list of from->to", "allowed changes"),
        Key("final", "list of states", "states that are never left"),
    ),
)
OPERATION = Keys(
    "an operation",
    "functional.operations[]",
    (
        _ID,
        _must("name", "name", "its name in interfaces"),
        _must("kind", "verb", "one of the verbs listed below"),
        _must("on", "entity", "the kind of thing that it works on"),
        Key("in", "mapping of name to type", "its request; by default what its verb needs"),
        Key("out", "[Entity], Entity or a type", "its answer; by default what its verb gives"),
        Key("errors", "mapping of name to good or bad", "business errors, and how users judge them"),
        Key("idempotent", "true or false", "repeating a request changes nothing more"),
        Key("stock", "Entity.field", "reserve: the field that holds how many there are"),
        Key("hold", "duration", "reserve: how long a hold lasts before it expires"),
        Key("edge", "from->to", "transition: the change of state"),
        Key("calls", "service.operation", "transition, link, complete: what is recorded of it at another owner"),
        Key("by", "field", "list_by_ref, count_by_ref, find_similar: the reference asked by; find_by_prefix: the text"),
        Key("show", "field", "list_by_ref: the reference whose things are listed, instead of what refers to them"),
        Key("order", "newest or oldest", "list_by_ref: what comes first"),
        Key("filter", "availability", "geo_search: leave out what has no stock on the days asked for"),
        Key("requires", "expression", "create: what must hold before"),
        Key("deliver", "Entity.field", "publish: what each follower gets, and its reference to them"),
        Key("through", "Entity.field", "publish: the links between users, and their reference to whom one follows"),
        Key(
            "async",
            "true or false",
            "publish: it is accepted, and delivered behind a queue; what is delivered then needs a staleness",
        ),
        Key("auth", "none or self", "self: only the user that it is about may call it"),
    ),
)
USE_CASE = Keys(
    "a use case",
    "functional.use_cases[]",
    (
        _ID,
        _must("actor", "name", "who acts"),
        _must("steps", "list of operation ids", "in order; F7.create names one part of a crud operation"),
        Key("check", "expression", "what must hold at the end"),
        Key("expect_error", "name", "the business error that the last step must give"),
    ),
)
INVARIANT = Keys(
    "an invariant",
    "functional.invariants[]",
    (
        _ID,
        _must("expr", "expression", "what must hold"),
        Key("scope", "per(names)", "for each of what it must hold"),
    ),
)
RULE = Keys(
    "a rule",
    "functional.security[], functional.design[]",
    (_ID, _must("rule", "rule", "one of the rules listed below")),
)
OPERATIONAL = Keys(
    "the operational part",
    "operational",
    (
        Key("workload", "list", "what users do, how often; without one a question is open"),
        Key("slos", "list", "objectives; without one a question is open"),
        Key("capacity", "mapping of service", "what one instance carries; enforced in every world"),
        Key(
            "settings",
            "mapping of service",
            "what services start with: inference: {model.batch: 4}",
        ),
        Key("recovery", "list", "how fast the system must be well again"),
        Key("trials", "list", "what it must survive"),
        Key("limits", "mapping", "cost and staleness"),
    ),
)
WORKLOAD = Keys(
    "a workload",
    "operational.workload[]",
    (
        _ID,
        _must("name", "name", "its name in commands"),
        Key("base", "workload id", "take all that is not written here from that one"),
        Key("arrival", "poisson or constant", "how requests arrive; required without base"),
        Key("rate", "rate", "requests a second; required without base"),
        Key("mix", "mapping of operation id to weight", "shares of the operations; required without base"),
        Key("keys", "zipf(exponent, count)", "popularity of the things asked for; required without base"),
        Key("for", "duration", "how long a run lasts; 60s when not written"),
    ),
)
SLO = Keys(
    "an objective",
    "operational.slos[]",
    (
        _ID,
        _must("service", "service", "where it is measured"),
        _must("sli", "mapping", "which requests are good"),
        _must("target", "share", "how many of all must be good"),
        _must("window", "duration", "over how long"),
        _must("test_window", "duration", "the same in short tests"),
        Key("under", "workload id", "the load that it must hold under; without it a question is open"),
    ),
)
SLI = Keys(
    "an indicator",
    "operational.slos[].sli",
    (
        _must("ratio", "latency or success", "good is in time and right, or right"),
        Key("below", "duration", "latency: good when faster; required there"),
    ),
)
CAPACITY = Keys(
    "a capacity",
    "operational.capacity.*",
    (
        _must("slots", "count", "requests served at once"),
        _must("service_time", "duration", "each holds its slot at least so long"),
    ),
)
RECOVERY = Keys(
    "a recovery",
    "operational.recovery[]",
    (
        _ID,
        _must("metric", "goodput(objective id)", "what is watched"),
        _must("to", "share", "how much of it must be back"),
        _must("of", "before", "compared with what"),
        _must("within", "duration", "how soon"),
        _must("after", "trigger_end", "counted from when"),
    ),
)
TRIAL = Keys(
    "a trial",
    "operational.trials[]",
    (
        _ID,
        _must("kind", "trigger or benefit", "must survive it, or must still help in it"),
        _must("inject", "mapping", "what happens"),
        _must("must", "list of ids", "recoveries that must hold after it, objectives that must hold in it"),
        Key(
            "under",
            "workload id",
            "the load that it is run under; by default the one of the objective that it is about",
        ),
    ),
)
INJECT = Keys(
    "an injection",
    "operational.trials[].inject",
    (
        Key("capacity", "mapping", "one service loses capacity"),
        Key("load", "factor", "so many times the load"),
        Key("flush", "cache", "empty the cache"),
        Key("error", "mapping", "one service fails some requests"),
        Key("pause", "mapping", "one service stands still again and again, as under a collector of garbage"),
        Key("for", "duration", "how long; required with all but flush"),
    ),
)
INJECT_CAPACITY = Keys(
    "a loss of capacity",
    "operational.trials[].inject.capacity",
    (_must("service", "service", "which"), _must("to", "share", "what is left")),
)
INJECT_ERROR = Keys(
    "an error injection",
    "operational.trials[].inject.error",
    (_must("service", "service", "which"), _must("p", "share", "requests that fail")),
)
INJECT_PAUSE = Keys(
    "an injection of pauses",
    "operational.trials[].inject.pause",
    (
        _must("service", "service", "which"),
        _must("to", "share", "of the time in which it runs"),
        Key("every", "duration", "from one pause to the next; 1s when not written"),
    ),
)
LIMITS = Keys(
    "a set of limits",
    "operational.limits",
    (
        Key("cost", "mapping", "what the system may use"),
        Key("staleness", "mapping of operation id to duration", "how old an answer may be; 0s: never cached"),
    ),
)
COST = Keys("a cost limit", "operational.limits.cost", (Key("processes", "count", "services and stores together"),))
REFINEMENT = Keys(
    "a refinement",
    "refinement[]",
    (
        _ID,
        _must("at", "date", "when: 2026-11-21"),
        _must("because", "mapping", "why"),
        _must("change", "mapping", "what changes and what may not"),
        _must("level", "level", "how deep the change may go: wiring, logic, interfaces, services or intent"),
        Key("tried", "list of texts", "what was tried before"),
    ),
)
BECAUSE = Keys(
    "a reason",
    "refinement[].because",
    (
        Key("violated", "id", "what did not hold"),
        Key("trial", "trial id", "in which trial"),
        Key("evidence", "text", "the run that shows it"),
        Key("text", "text", "in words"),
    ),
)
CHANGE = Keys(
    "a change",
    "refinement[].change",
    (
        Key("keep", "list of sections and ids", "what may not change"),
        Key("set", "mapping of path to value", "new values: O1.target: 99.5%"),
    ),
)
QUESTION = Keys(
    "a question",
    "open[]",
    (
        _ID,
        _must("about", "id or section", "what it concerns"),
        _must("question", "text", "what the person has to decide"),
    ),
)

ALL = (
    ROOT, FUNCTIONAL, ENTITY, STATE, OPERATION, USE_CASE, INVARIANT, RULE, OPERATIONAL, WORKLOAD, SLO, SLI, CAPACITY,
    RECOVERY, TRIAL, INJECT, INJECT_CAPACITY, INJECT_ERROR, INJECT_PAUSE, LIMITS, COST, REFINEMENT, BECAUSE, CHANGE,
    QUESTION,
)  # fmt: skip
"""All closed key sets, in the order of the file."""
