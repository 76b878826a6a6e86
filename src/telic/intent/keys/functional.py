"""Keys of what a system does: entities, their lives, operations, use cases, invariants, rules."""

from __future__ import annotations

from telic.intent.keys.key import ID, Key, Keys, must

FUNCTIONAL = Keys(
    "the functional part",
    "functional",
    (
        must("entities", "mapping", "kinds of things that the system keeps, by name"),
        Key("states", "mapping", "lives of entities, by name"),
        must("operations", "list", "what a user can do"),
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
        must("key", "name", "its identifier, made by the system"),
        must("fields", "mapping of name to type", "its values"),
        must("owner", "name", "the service that alone writes it"),
        Key("pii", "list of fields", "personal data: never in logs or traces"),
    ),
)
STATE = Keys(
    "a state machine",
    "functional.states.*",
    (
        must("initial", "state", "where a new thing starts"),
        must("edges", "list of from->to", "allowed changes"),
        Key("final", "list of states", "states that are never left"),
    ),
)
OPERATION = Keys(
    "an operation",
    "functional.operations[]",
    (
        ID,
        must("name", "name", "its name in interfaces"),
        must("kind", "verb", "one of the verbs listed below"),
        must("on", "entity", "the kind of thing that it works on"),
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
        ID,
        must("actor", "name", "who acts"),
        must("steps", "list of operation ids", "in order; F7.create names one part of a crud operation"),
        Key("check", "expression", "what must hold at the end"),
        Key("expect_error", "name", "the business error that the last step must give"),
    ),
)
INVARIANT = Keys(
    "an invariant",
    "functional.invariants[]",
    (
        ID,
        must("expr", "expression", "what must hold"),
        Key("scope", "per(names)", "for each of what it must hold"),
    ),
)
RULE = Keys(
    "a rule",
    "functional.security[], functional.design[]",
    (ID, must("rule", "rule", "one of the rules listed below")),
)
