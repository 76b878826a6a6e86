"""The nouns and the Protocols that every part shares: frozen, typed, JSON both ways."""

from telic.model.action import Action, ActionRecord, Outcome, Undo
from telic.model.design import Call, Design, Grant, ServiceDesign, ServiceOperation, Table
from telic.model.incident import MECHANISMS, Diagnosis, Evidence, Hypothesis, Incident, Symptom
from telic.model.intent import Intent
from telic.model.judgement import Tally, Truth, cause_right, mitigation_right, recovered, user_harm, wrong_actions_left
from telic.model.protocols import Actor, Harm, Observed, Row, Store, World
from telic.model.records import dump, load, plain, write_whole
from telic.model.topology import (
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

__all__ = [
    "MECHANISMS",
    "Action",
    "ActionRecord",
    "Actor",
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
