"""Every key of the format: the reader refuses all others, and the reference page lists exactly these."""

from __future__ import annotations

from telic.intent.keys.functional import ENTITY, FUNCTIONAL, INVARIANT, OPERATION, RULE, STATE, USE_CASE
from telic.intent.keys.history import BECAUSE, CHANGE, QUESTION, REFINEMENT
from telic.intent.keys.key import Key, Keys, must
from telic.intent.keys.operational import (
    CAPACITY,
    COST,
    INJECT,
    INJECT_CAPACITY,
    INJECT_ERROR,
    INJECT_PAUSE,
    LIMITS,
    OPERATIONAL,
    RECOVERY,
    SLI,
    SLO,
    TRIAL,
    WORKLOAD,
)

ROOT = Keys(
    "an intent",
    "the file",
    (
        must("intent", "v1", "version of the format"),
        must("system", "name", "names the system, its state folder and its telemetry"),
        must("text", "text", "the person's own words; everything else is the checked reading of them"),
        must("functional", "mapping", "what the system does"),
        Key("operational", "mapping", "how well, under which load"),
        Key("refinement", "list", "changes made after the first version; append-only"),
        Key("open", "list", "questions to the person; generation stops while there are any"),
    ),
)

ALL = (
    ROOT, FUNCTIONAL, ENTITY, STATE, OPERATION, USE_CASE, INVARIANT, RULE, OPERATIONAL, WORKLOAD, SLO, SLI, CAPACITY,
    RECOVERY, TRIAL, INJECT, INJECT_CAPACITY, INJECT_ERROR, INJECT_PAUSE, LIMITS, COST, REFINEMENT, BECAUSE, CHANGE,
    QUESTION,
)  # fmt: skip
"""All closed key sets, in the order of the file."""
