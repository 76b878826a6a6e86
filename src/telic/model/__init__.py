"""The nouns and the Protocols that every part shares: frozen, typed, JSON both ways.

Intent and design are imported when they are first asked for: whoever diagnoses what others run starts earlier.
"""

import importlib
from typing import TYPE_CHECKING, Any

from telic.model.action import Action, ActionRecord, Outcome, Undo
from telic.model.incident import MECHANISMS, Diagnosis, Evidence, Hypothesis, Incident, Symptom
from telic.model.judgement import (
    AnswerStep,
    Tally,
    Truth,
    cause_right,
    mitigation_right,
    recovered,
    user_harm,
    wrong_actions_left,
)
from telic.model.protocols import Actor, Harm, Observed, Row, Store, World
from telic.model.records import dump, load, plain, write_whole
from telic.model.topology import (
    OPERATOR,
    Change,
    Edge,
    Entity,
    InstanceState,
    LinkState,
    Scalar,
    ServiceState,
    State,
    StoreState,
    Topology,
    Window,
)

if TYPE_CHECKING:
    from telic.model.design import Call, Design, Grant, ServiceDesign, ServiceOperation, Table
    from telic.model.intent import Intent

__all__ = [
    "MECHANISMS",
    "OPERATOR",
    "Action",
    "ActionRecord",
    "Actor",
    "AnswerStep",
    "Call",
    "Change",
    "Design",
    "Diagnosis",
    "Edge",
    "Entity",
    "Evidence",
    "Grant",
    "Harm",
    "Hypothesis",
    "Incident",
    "InstanceState",
    "Intent",
    "LinkState",
    "Observed",
    "Outcome",
    "Row",
    "Scalar",
    "ServiceDesign",
    "ServiceOperation",
    "ServiceState",
    "State",
    "Store",
    "StoreState",
    "Symptom",
    "Table",
    "Tally",
    "Topology",
    "Truth",
    "Undo",
    "Window",
    "World",
    "cause_right",
    "dump",
    "load",
    "mitigation_right",
    "plain",
    "recovered",
    "user_harm",
    "write_whole",
    "wrong_actions_left",
]
_LATER = dict.fromkeys(("Call", "Design", "Grant", "ServiceDesign", "ServiceOperation", "Table"), "design")
_LATER["Intent"] = "intent"


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
