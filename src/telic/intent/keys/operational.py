"""Keys of how well a system does it: workloads, objectives, capacities, recoveries, trials, limits."""

from __future__ import annotations

from telic.intent.keys.key import ID, Key, Keys, must

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
        ID,
        must("name", "name", "its name in commands"),
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
        ID,
        must("service", "service", "where it is measured"),
        must("sli", "mapping", "which requests are good"),
        must("target", "share", "how many of all must be good"),
        must("window", "duration", "over how long"),
        must("test_window", "duration", "the same in short tests"),
        Key("under", "workload id", "the load that it must hold under; without it a question is open"),
    ),
)
SLI = Keys(
    "an indicator",
    "operational.slos[].sli",
    (
        must("ratio", "latency or success", "good is in time and right, or right"),
        Key("below", "duration", "latency: good when faster; required there"),
    ),
)
CAPACITY = Keys(
    "a capacity",
    "operational.capacity.*",
    (
        must("slots", "count", "requests served at once"),
        must("service_time", "duration", "each holds its slot at least so long"),
    ),
)
RECOVERY = Keys(
    "a recovery",
    "operational.recovery[]",
    (
        ID,
        must("metric", "goodput(objective id)", "what is watched"),
        must("to", "share", "how much of it must be back"),
        must("of", "before", "compared with what"),
        must("within", "duration", "how soon"),
        must("after", "trigger_end", "counted from when"),
    ),
)
TRIAL = Keys(
    "a trial",
    "operational.trials[]",
    (
        ID,
        must("kind", "trigger or benefit", "must survive it, or must still help in it"),
        must("inject", "mapping", "what happens"),
        must("must", "list of ids", "recoveries that must hold after it, objectives that must hold in it"),
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
    (must("service", "service", "which"), must("to", "share", "what is left")),
)
INJECT_ERROR = Keys(
    "an error injection",
    "operational.trials[].inject.error",
    (must("service", "service", "which"), must("p", "share", "requests that fail")),
)
INJECT_PAUSE = Keys(
    "an injection of pauses",
    "operational.trials[].inject.pause",
    (
        must("service", "service", "which"),
        must("to", "share", "of the time in which it runs"),
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
